"""The HTTP surface: resources that list their routes, and what serves and describes routes.

Read `routing` first: a route is data, with the types of what it takes and gives. `endpoint` is what Falcon calls for
it, `surface` lists the resources, `application` puts their routes on one app, `errors` makes answers of errors;
`openapi` and `capabilities` describe the same table. Every other file is one resource, named by what it serves
(`profiles`, `charts`, `alerts`); its listings share `paging`, and what names a profile goes through
`scouter.profiles.lookup`. `http_server` has the threads.
"""
