-- The data set's tables, without keys and indexes: those are made after the rows are in.
CREATE TABLE users (
    id         bigint NOT NULL,
    name       text NOT NULL,
    email      text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE products (
    id         bigint NOT NULL,
    title      text NOT NULL,
    unit_price numeric(10, 2) NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE orders (
    id         bigint NOT NULL,
    user_id    bigint NOT NULL,
    status     text NOT NULL CHECK (status IN ('pending', 'paid', 'cancelled', 'refunded')),
    created_at timestamptz NOT NULL
);
CREATE TABLE order_items (
    id         bigint NOT NULL,
    order_id   bigint NOT NULL,
    product_id bigint NOT NULL,
    quantity   integer NOT NULL CHECK (quantity > 0),
    unit_price numeric(10, 2) NOT NULL,
    created_at timestamptz NOT NULL
);
