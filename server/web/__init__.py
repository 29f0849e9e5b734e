"""How pages look: templates, languages, formats, static files and the headers of every answer; knows no domain."""
