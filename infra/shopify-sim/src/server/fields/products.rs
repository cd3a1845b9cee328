//! Products, their variants, and the stock and cost behind them.

use super::shop::variants_of;
use super::{Fields, money, nothing, object, row, tags};
use crate::server::value::{Object, Rows, Type, Value, World};
use crate::store::{Product, Variant};

pub(super) const PRODUCT: Fields = &[
    ("id", |w, at, _| Some(Value::Gid(Type::Product, product(w, at)?.id))),
    ("legacyResourceId", |w, at, _| Some(Value::Big(product(w, at)?.id))),
    ("title", |w, at, _| Some(Value::Text(w.text(product(w, at)?.title)))),
    ("handle", |w, at, _| Some(Value::Text(w.text(product(w, at)?.handle)))),
    ("status", |w, at, _| Some(Value::Text(w.text(product(w, at)?.status)))),
    ("vendor", |w, at, _| Some(Value::Text(product(w, at)?.vendor.map_or("", |text| w.text(text))))),
    ("productType", |w, at, _| {
        Some(Value::Text(product(w, at)?.product_type.map_or("", |text| w.text(text))))
    }),
    ("tags", |w, at, _| Some(Value::Texts(product(w, at)?.tags.map_or(vec![], |text| tags(w.text(text)))))),
    ("createdAt", |w, at, _| Some(Value::Time(product(w, at)?.created_at))),
    ("updatedAt", |w, at, _| Some(Value::Time(product(w, at)?.created_at))),
    ("publishedAt", |w, at, _| Some(Value::Time(product(w, at)?.created_at))),
    ("description", |w, at, _| {
        Some(Value::Text(product(w, at)?.description.map_or("", |text| w.text(text))))
    }),
    ("descriptionHtml", |w, at, _| {
        Some(Value::Text(product(w, at)?.description.map_or("", |text| w.text(text))))
    }),
    ("isGiftCard", |_, _, _| Some(Value::Flag(false))),
    ("totalInventory", |w, at, _| {
        Some(Value::Int(variants(w, at)?.iter().filter_map(|variant| variant.inventory_quantity).sum()))
    }),
    ("tracksInventory", |w, at, _| {
        Some(Value::Flag(variants(w, at)?.iter().any(|variant| variant.inventory_quantity.is_some())))
    }),
    ("totalVariants", |w, at, _| Some(Value::Int(variants_of(w, at)?))),
    ("variantsCount", |w, at, _| object(Type::Count, variants_of(w, at)?)),
    ("hasOnlyDefaultVariant", |w, at, _| Some(Value::Flag(variants(w, at)?.len() == 1))),
    ("category", nothing),
    ("seo", |_, at, _| object(Type::Seo, at)),
    ("priceRangeV2", |_, at, _| object(Type::ProductPriceRangeV2, at)),
    ("variants", |w, at, _| Some(Value::Rows(Rows::range(Type::ProductVariant, &product(w, at)?.variants)))),
];

pub(super) const VARIANT: Fields = &[
    ("id", |w, at, _| Some(Value::Gid(Type::ProductVariant, variant(w, at)?.id))),
    ("legacyResourceId", |w, at, _| Some(Value::Big(variant(w, at)?.id))),
    ("title", |w, at, _| Some(Value::Text(w.text(variant(w, at)?.title)))),
    ("displayName", |w, at, _| {
        let variant = variant(w, at)?;
        let product = w.store.products.get(variant.product as usize)?;
        Some(Value::Owned(format!("{} - {}", w.text(product.title), w.text(variant.title))))
    }),
    ("sku", |w, at, _| Some(Value::Text(w.text(variant(w, at)?.sku?)))),
    ("barcode", nothing),
    ("price", |w, at, _| Some(Value::Price(variant(w, at)?.price))),
    ("compareAtPrice", |w, at, _| Some(Value::Price(variant(w, at)?.compare_at_price?))),
    ("inventoryQuantity", |w, at, _| Some(Value::Int(variant(w, at)?.inventory_quantity?))),
    ("sellableOnlineQuantity", |w, at, _| Some(Value::Int(variant(w, at)?.inventory_quantity.unwrap_or(0)))),
    ("inventoryPolicy", |_, _, _| Some(Value::Text("DENY"))),
    ("availableForSale", |_, _, _| Some(Value::Flag(true))),
    ("taxable", |_, _, _| Some(Value::Flag(true))),
    ("position", |w, at, _| {
        let product = w.store.products.get(variant(w, at)?.product as usize)?;
        Some(Value::Int(at - i64::from(product.variants.start) + 1))
    }),
    ("selectedOptions", |_, at, _| Some(Value::Objects(vec![Object::new(Type::SelectedOption, at)]))),
    ("createdAt", |w, at, _| {
        Some(Value::Time(w.store.products.get(variant(w, at)?.product as usize)?.created_at))
    }),
    ("updatedAt", |w, at, _| {
        Some(Value::Time(w.store.products.get(variant(w, at)?.product as usize)?.created_at))
    }),
    ("product", |w, at, _| object(Type::Product, variant(w, at)?.product)),
    ("inventoryItem", |_, at, _| object(Type::InventoryItem, at)),
];

/// Stands for its variant's row.
pub(super) const INVENTORY_ITEM: Fields = &[
    ("id", |w, at, _| Some(Value::Gid(Type::InventoryItem, variant(w, at)?.id))),
    ("legacyResourceId", |w, at, _| Some(Value::Big(variant(w, at)?.id))),
    ("sku", |w, at, _| Some(Value::Text(w.text(variant(w, at)?.sku?)))),
    ("tracked", |w, at, _| Some(Value::Flag(variant(w, at)?.inventory_quantity.is_some()))),
    ("unitCost", |w, at, _| money(variant(w, at)?.unit_cost?)),
    ("requiresShipping", |_, _, _| Some(Value::Flag(true))),
    ("variant", |_, at, _| object(Type::ProductVariant, at)),
    ("createdAt", |w, at, _| {
        Some(Value::Time(w.store.products.get(variant(w, at)?.product as usize)?.created_at))
    }),
    ("updatedAt", |w, at, _| {
        Some(Value::Time(w.store.products.get(variant(w, at)?.product as usize)?.created_at))
    }),
];

/// Stands for its product's row.
pub(super) const PRICE_RANGE: Fields = &[
    ("minVariantPrice", |w, at, _| {
        money(variants(w, at)?.iter().map(|variant| variant.price).min().unwrap_or(0))
    }),
    ("maxVariantPrice", |w, at, _| {
        money(variants(w, at)?.iter().map(|variant| variant.price).max().unwrap_or(0))
    }),
];

pub(super) const SEO: Fields = &[("title", nothing), ("description", nothing)];

/// Stands for its variant's row.
pub(super) const OPTION: Fields = &[
    ("name", |_, _, _| Some(Value::Text("Title"))),
    ("value", |w, at, _| Some(Value::Text(w.text(variant(w, at)?.title)))),
];

fn product<'a>(world: &World<'a>, at: i64) -> Option<&'a Product> {
    row(&world.store.products, at)
}

fn variant<'a>(world: &World<'a>, at: i64) -> Option<&'a Variant> {
    row(&world.store.variants, at)
}

fn variants<'a>(world: &World<'a>, at: i64) -> Option<&'a [Variant]> {
    let range = product(world, at)?.variants.clone();
    world.store.variants.get(range.start as usize..range.end as usize)
}
