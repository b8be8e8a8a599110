"""Charts as SVG text: classes and no styles, and every number that is drawn is said in words as well."""
