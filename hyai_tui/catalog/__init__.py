"""What we know of the library: files, states, tags and stable file numbers (.hyai/catalog.db; a scan rebuilds it)."""
