-- Keys and indexes, made once the rows are in: several times faster than keeping them up to date.
ALTER TABLE users ADD PRIMARY KEY (id), ADD UNIQUE (email);
ALTER TABLE products ADD PRIMARY KEY (id);
ALTER TABLE orders ADD PRIMARY KEY (id), ADD FOREIGN KEY (user_id) REFERENCES users;
ALTER TABLE order_items
    ADD PRIMARY KEY (id),
    ADD FOREIGN KEY (order_id) REFERENCES orders,
    ADD FOREIGN KEY (product_id) REFERENCES products;
CREATE INDEX orders_user_id ON orders (user_id);
CREATE INDEX order_items_order_id ON order_items (order_id);
CREATE INDEX order_items_product_id ON order_items (product_id);
CREATE INDEX order_items_order_id_product_id ON order_items (order_id, product_id);
