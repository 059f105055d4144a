SELECT format('SELECT %L, count(*) FROM %I.%I', nspname || '.' || relname, nspname, relname)
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r' AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\_%'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
ORDER BY nspname || '.' || relname COLLATE "C" \gexec
