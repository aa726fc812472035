"""Charts: the page, notebooks, PNG and SVG draw the same ones."""
