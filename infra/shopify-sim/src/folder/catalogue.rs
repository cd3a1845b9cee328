//! Products, variants, customers and discounts.

use super::table::Table;
use super::{Error, Reading, Reason, rows_of, settle_rows};
use crate::store::{Customer, Discount, Ids, Product, Variant};

const STATUSES: &[&str] = &["ACTIVE", "ARCHIVED", "DRAFT", "UNLISTED"];
const KINDS: &[&str] = &["percentage", "amount"];

pub(super) fn products(reading: &mut Reading) -> Result<Vec<Product>, Error> {
    let mut table = Table::open(reading, "products")?;
    let (id, title, created_at) = (table.needed("id")?, table.needed("title")?, table.needed("created_at")?);
    let (handle, vendor, product_type) =
        (table.column("handle")?, table.column("vendor")?, table.column("product_type")?);
    let (tags, status, description) =
        (table.column("tags")?, table.column("status")?, table.column("description")?);
    let mut rows = Vec::new();
    while table.advance()? {
        let key = table.id(id)?;
        let given = table.maybe_text(handle, reading)?;
        let handle = match given {
            Some(given) => given,
            None => reading.keep(&key.to_string()).map_err(|reason| table.wrong(handle, reason))?,
        };
        let given = table.one_of(status, STATUSES, reading)?;
        let status = match given {
            Some(given) => given,
            None => reading.keep("ACTIVE").map_err(|reason| table.wrong(status, reason))?,
        };
        let row = Product {
            id: key,
            title: table.text(title, reading)?,
            handle,
            vendor: table.maybe_text(vendor, reading)?,
            product_type: table.maybe_text(product_type, reading)?,
            tags: table.maybe_text(tags, reading)?,
            status,
            created_at: table.time(created_at)?,
            description: table.maybe_text(description, reading)?,
            variants: 0..0,
        };
        rows.push((table.line(), row));
    }
    settle_rows(&table.file, &mut rows, |row| row.id, |_| ())?;
    Ok(rows_of(rows))
}

pub(super) fn variants(
    reading: &mut Reading,
    products: &mut [Product],
) -> Result<(Vec<Variant>, Ids), Error> {
    let mut table = Table::open(reading, "variants")?;
    let (id, product_id, price) = (table.needed("id")?, table.needed("product_id")?, table.needed("price")?);
    let (title, sku, compare) =
        (table.column("title")?, table.column("sku")?, table.column("compare_at_price")?);
    let (cost, stock) = (table.column("unit_cost")?, table.column("inventory_quantity")?);
    let mut rows = Vec::new();
    while table.advance()? {
        let product = table.id(product_id)?;
        let place = products.binary_search_by_key(&product, |product| product.id);
        let at = place.ok().and_then(|at| u32::try_from(at).ok()).ok_or_else(|| {
            table.wrong(product_id, Reason::PointsNowhere { table: "products", id: product })
        })?;
        let given = table.maybe_text(title, reading)?;
        let title = match given {
            Some(given) => given,
            None => reading.keep("Default Title").map_err(|reason| table.wrong(title, reason))?,
        };
        table.full(price)?;
        let row = Variant {
            id: table.id(id)?,
            product: at,
            title,
            sku: table.maybe_text(sku, reading)?,
            price: table.money(price, reading)?,
            compare_at_price: table.maybe_money(compare, reading)?,
            unit_cost: table.maybe_money(cost, reading)?,
            inventory_quantity: table.maybe_number(stock)?,
        };
        rows.push((table.line(), row));
    }
    let ids = settle_rows(&table.file, &mut rows, |row| row.id, |row| row.product)?;
    let variants = rows_of(rows);
    for (row, at) in variants.iter().zip(0u32..) {
        if let Some(product) = products.get_mut(row.product as usize) {
            let start = if product.variants.is_empty() { at } else { product.variants.start };
            product.variants = start..at + 1;
        }
    }
    Ok((variants, ids))
}

pub(super) fn customers(reading: &mut Reading) -> Result<Vec<Customer>, Error> {
    let mut table = Table::open(reading, "customers")?;
    let (id, created_at) = (table.needed("id")?, table.needed("created_at")?);
    let (email, first, last) =
        (table.column("email")?, table.column("first_name")?, table.column("last_name")?);
    let (country, tags) = (table.column("country_code")?, table.column("tags")?);
    let (marketing, note) = (table.column("accepts_marketing")?, table.column("note")?);
    let mut rows = Vec::new();
    while table.advance()? {
        let created_at = table.time(created_at)?;
        let row = Customer {
            id: table.id(id)?,
            email: table.maybe_text(email, reading)?,
            first_name: table.maybe_text(first, reading)?,
            last_name: table.maybe_text(last, reading)?,
            country_code: table.country(country, reading)?,
            created_at,
            updated_at: created_at,
            tags: table.maybe_text(tags, reading)?,
            accepts_marketing: table.flag(marketing)?,
            note: table.maybe_text(note, reading)?,
            orders: 0..0,
        };
        rows.push((table.line(), row));
    }
    settle_rows(&table.file, &mut rows, |row| row.id, |_| ())?;
    Ok(rows_of(rows))
}

pub(super) fn discounts(reading: &mut Reading) -> Result<Vec<Discount>, Error> {
    let mut table = Table::open(reading, "discounts")?;
    let (id, kind, value) = (table.needed("id")?, table.needed("kind")?, table.needed("value")?);
    let (code, title, limit) = (table.column("code")?, table.column("title")?, table.column("usage_limit")?);
    let (starts, ends) = (table.column("starts_at")?, table.column("ends_at")?);
    let mut rows = Vec::new();
    while table.advance()? {
        // A percentage is written like money: a decimal that is not below zero.
        table.full(value)?;
        table.maybe_money(value, reading)?;
        let kind = table.one_of(kind, KINDS, reading)?.ok_or_else(|| table.wrong(kind, Reason::Empty))?;
        let row = Discount {
            id: table.id(id)?,
            code: table.maybe_text(code, reading)?,
            title: table.maybe_text(title, reading)?,
            kind,
            value: table.text(value, reading)?,
            starts_at: table.maybe_time(starts)?,
            ends_at: table.maybe_time(ends)?,
            usage_limit: table.maybe_number(limit)?,
        };
        rows.push((table.line(), row));
    }
    settle_rows(&table.file, &mut rows, |row| row.id, |_| ())?;
    Ok(rows_of(rows))
}
