-- Keys and indexes, made once the rows are in: several times faster than keeping them up to date.
ALTER TABLE operators ADD PRIMARY KEY (id);
ALTER TABLE fields ADD PRIMARY KEY (id);
ALTER TABLE wells
    ADD PRIMARY KEY (id),
    ADD FOREIGN KEY (field_id) REFERENCES fields,
    ADD FOREIGN KEY (operator_id) REFERENCES operators;
ALTER TABLE measurements ADD PRIMARY KEY (id), ADD FOREIGN KEY (well_id) REFERENCES wells;
ALTER TABLE well_events ADD PRIMARY KEY (id), ADD FOREIGN KEY (well_id) REFERENCES wells;
CREATE INDEX wells_field_id ON wells (field_id);
CREATE INDEX wells_operator_id ON wells (operator_id);
CREATE INDEX measurements_well_id_measured_at ON measurements (well_id, measured_at);
CREATE INDEX well_events_well_id_happened_at ON well_events (well_id, happened_at);
