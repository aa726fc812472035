-- What texts mean and state: the relations ruled, judged, stated and unread hold it, and the
-- variable judged_by the numbers of the stamps of verdicts, authorship, signals and lines that bind
-- nobody.
INSERT INTO conclusions.policies
SELECT (SELECT coalesce(max(id), 0) FROM conclusions.policies) + row_number() OVER (ORDER BY policy),
       policy
FROM (SELECT DISTINCT policy FROM judged) ANTI JOIN conclusions.policies USING (policy);
INSERT INTO conclusions.verdicts
SELECT p.id, k.id, r.restriction, r.basis, r.root_allowed, r.authored_by, r.ruleset,
       r.matched_token,
       CASE r.basis WHEN 'fallback' THEN coalesce(o.restriction, 'none') ELSE r.restriction END,
       CASE r.basis WHEN 'fallback' THEN coalesce(o.root_allowed, true) ELSE r.root_allowed END
FROM ruled r
JOIN conclusions.policies p ON p.policy = r.policy
JOIN crawlers k ON k.token = r.token
LEFT JOIN ruled o  -- what would decide without the fallback
    ON o.policy = r.policy AND o.token = '*' AND r.basis = 'fallback' AND k.wildcard
ANTI JOIN conclusions.verdicts v ON v.policy = p.id;
DELETE FROM conclusions.judgements WHERE text IN (SELECT text FROM judged);
INSERT INTO conclusions.judgements
SELECT j.text, p.id, j.ambiguous_group, j.template, s[1], s[2], s[3], s[4],
       j.training, j.training_evidence, j.training_line
FROM judged j
JOIN conclusions.policies p ON p.policy = j.policy
CROSS JOIN (SELECT getvariable('judged_by') AS s);
DELETE FROM conclusions.text_rules WHERE text IN (SELECT text FROM judged);
INSERT INTO conclusions.text_rules SELECT text, rules FROM judged;
DELETE FROM conclusions.signals WHERE text IN (SELECT text FROM judged);
INSERT INTO conclusions.signals BY NAME FROM stated;
DELETE FROM conclusions.ineffective_lines WHERE text IN (SELECT text FROM judged);
INSERT INTO conclusions.ineffective_lines BY NAME FROM unread;
