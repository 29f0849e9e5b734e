"""One file per instrument model, named for it; the catalogue lists them."""
