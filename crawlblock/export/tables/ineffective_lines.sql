-- of: ineffective_lines
SELECT digest, fault, line, array_to_string(tokens, ', ') AS tokens,
       array_to_string(blocks, ', ') AS blocks
FROM ineffective_lines ORDER BY ALL
