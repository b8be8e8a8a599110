-- name: tags_of
SELECT entity_type, entity_id, key, value FROM tag
WHERE entity_type = %(entity_type)s AND entity_id = %(entity_id)s
ORDER BY key, value
LIMIT %(maximum)s;

-- name: tags_of_profile
-- Whatever type was named beside the profile's uid.
SELECT entity_type, entity_id, key, value FROM tag
WHERE profile_entity_id = %(entity_id)s
ORDER BY key, value, entity_type
LIMIT %(maximum)s;

-- name: add_tags
-- Parallel lists. A tag that is there already stays as it is.
INSERT INTO tag (entity_type, entity_id, key, value, value_digest, profile_entity_id)
SELECT sent.entity_type, sent.entity_id, sent.key, sent.value, sha256(convert_to(sent.value, 'UTF8')), entity.id
FROM unnest(%(entity_types)s::text[], %(entity_ids)s::text[], %(keys)s::text[], %(values)s::text[])
     AS sent (entity_type, entity_id, key, value)
LEFT JOIN entity ON entity.uid = sent.entity_id
ORDER BY sent.entity_type, sent.entity_id, sent.key, sent.value
ON CONFLICT DO NOTHING;

-- name: tagged_entities
-- Who has at least %(fewest)s of the wanted tags. A list of spaces leaves out the profiles of all other spaces.
SELECT tag.entity_id
FROM (
    SELECT DISTINCT key, sha256(convert_to(value, 'UTF8')) AS value_digest
    FROM unnest(%(keys)s::text[], %(values)s::text[]) AS sent (key, value)
) AS wanted
JOIN tag USING (key, value_digest)
LEFT JOIN entity ON entity.id = tag.profile_entity_id
WHERE tag.entity_type = %(entity_type)s AND tag.entity_id > %(after)s
  AND (%(spaces)s::text[] IS NULL OR entity.id IS NULL OR entity.space = ANY (%(spaces)s::text[]))
GROUP BY tag.entity_id
HAVING count(*) >= %(fewest)s
ORDER BY tag.entity_id
LIMIT %(maximum)s;
