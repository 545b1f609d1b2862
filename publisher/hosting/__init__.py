"""How a web server is to serve the site: one definition of its headers, for each kind of host, and checked live."""
