-- The tables of the workload wells, without keys and indexes: those are made after the rows are in.
CREATE TABLE operators (
    id      bigint NOT NULL,
    name    text NOT NULL,
    country text NOT NULL
);
CREATE TABLE fields (
    id    bigint NOT NULL,
    name  text NOT NULL,
    basin text NOT NULL
);
CREATE TABLE wells (
    id          bigint NOT NULL,
    field_id    bigint NOT NULL,
    operator_id bigint NOT NULL,
    name        text NOT NULL,
    status      text NOT NULL CHECK (status IN ('producing', 'injecting', 'suspended', 'abandoned')),
    depth_m     integer NOT NULL CHECK (depth_m > 0),
    drilled_on  date NOT NULL
);
CREATE TABLE measurements (
    id            bigint NOT NULL,
    well_id       bigint NOT NULL,
    measured_at   timestamptz NOT NULL,
    oil_m3        numeric(10, 2) NOT NULL,
    pressure_bar  numeric(7, 2) NOT NULL,
    water_percent numeric(5, 2) NOT NULL CHECK (water_percent BETWEEN 0 AND 100)
);
CREATE TABLE well_events (
    id          bigint NOT NULL,
    well_id     bigint NOT NULL,
    kind        text NOT NULL,
    note        text NOT NULL,
    happened_at timestamptz NOT NULL
);
