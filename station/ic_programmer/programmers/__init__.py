"""One file per programmer; the catalogue lists them."""
