"""The HTTP surface: resources that list their routes, and what serves and describes routes.

Read `routing` first: a route is data, with the types of what it takes and gives. `endpoint` is what Falcon calls for
it, `application` puts all of them on one app, `errors` is where errors become answers; `openapi` and `capabilities`
describe the same table. Every other file is one resource, named by what it serves (`profiles`, `charts`, `alerts`); its
listings share `paging`, and what names a profile goes through `scouter.profiles.lookup`. `http_server` has the threads.
"""
