-- title: Hosts whose robots.txt differs within a crawl
-- unit: share of the hosts or registered domains captured more than once, 0 to 1
-- of: census
-- note: Of those whose /robots.txt the merged files hold more than once, the share with more than one payload among the captures: the text changed, or the host alternates between answers. n_unknown were captured once. Redirects and errors have no payload. A host that was seen once with a text and once with a redirect (http, then https) counts in n as a host that does not differ. The share is therefore a lower bound for hosts of which two texts were seen.
WITH asked AS (
    SELECT population, snapshot, snapshot_date, cluster, hosts, CASE WHEN again THEN unstable END AS yes
    FROM census_counts
)
FROM shares_of('asked') ORDER BY population, http_profile, snapshot_date, snapshot;
