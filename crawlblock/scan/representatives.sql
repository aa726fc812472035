-- Over the hosts of a registered domain: the one that represents it.  It is the domain itself, else its
-- www, else the host with the shortest name, the first by alphabet.
CREATE OR REPLACE TEMP MACRO representative_of(host, domain) AS
    coalesce(min(host) FILTER (host = domain), min(host) FILTER (host = 'www.' || domain),
             substr(min(lpad(CAST(length(host) AS VARCHAR), 5, '0') || host), 6));
