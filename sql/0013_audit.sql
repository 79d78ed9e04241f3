-- sql/0013_audit.sql - what came of comparing the books with the contracts' own answers.

CREATE TABLE mirror.audit (
    id              bigint PRIMARY KEY,
    at_block        bigint NOT NULL,
    seed            bigint NOT NULL,
    checked         bigint NOT NULL,
    differences     bigint NOT NULL,
    unchecked       bigint NOT NULL,
    last_difference text,
    time            timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_names_a_difference CHECK (differences = 0 OR last_difference IS NOT NULL)
);
COMMENT ON TABLE mirror.audit IS 'Each audit of a sample in the background of the mirror, in order. Readers look at the last row.';
COMMENT ON COLUMN mirror.audit.at_block IS 'The finalized block whose state was compared.';
COMMENT ON COLUMN mirror.audit.seed IS 'Chose the sample; the next audit takes the same as long as last_difference is not null.';
COMMENT ON COLUMN mirror.audit.checked IS 'Figures compared.';
COMMENT ON COLUMN mirror.audit.differences IS 'Of these, other than the contract''s.';
COMMENT ON COLUMN mirror.audit.unchecked IS 'Figures not compared: the node could not answer, or logs leave them in doubt.';
COMMENT ON COLUMN mirror.audit.last_difference IS 'The first difference as a sentence; kept from the audit before while nothing could be checked. Null: the last audit that checked anything was clean.';
COMMENT ON COLUMN mirror.audit.time IS 'Wall clock of the database.';
SELECT mirror.guard('mirror');
GRANT SELECT ON mirror.audit TO altledger_writer, altledger_api;
GRANT INSERT ON mirror.audit TO altledger_writer;
