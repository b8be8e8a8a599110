"""Pages for people: HTML and SVG made by the server.

Reading order: `surface` says which pages there are; `site` is the one way in which each is served (`site.page` what a
page is, `site.visit` what it is asked and can answer, `site.responder` and `site.replies` what lies between);
`overview` is the first page and an example of all. Then by what one looks at: `profile`, `feature`, `checks`,
`alerts`, `problems`, `silences`, `policies`, `service`, `admin`. `text`, `wording` and `charts` say and draw, and know
neither database nor HTTP.
"""
