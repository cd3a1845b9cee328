use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use domain::clock::Clock;

use super::of;
use crate::server::operations::Operations;
use crate::server::schema::{self, Kind};
use crate::server::value::{Arguments, Served, Type, Value, World};
use crate::{folder, sample};

/// Objects that are made for some rows only: row 0 of the sample has no discount code.
const NOT_OF_EVERY_ROW: [(&str, &str); 1] = [("DiscountCodeApplication", "code")];

#[test]
fn every_field_is_official_and_of_the_official_kind() {
    let store = folder::load(&sample::folder()).unwrap();
    let counts = store.counts();
    let clock = Clock::Fixed(store.shop.now.unwrap());
    let last_operation = Arc::new(AtomicI64::new(0));
    let served =
        Arc::new(Served { store: Arc::new(store), operations: Operations::default(), clock, last_operation });
    let world = World::new(&served, "http://shop");
    let mut wrong = Vec::new();
    for kind in Type::ALL {
        let rows = match kind {
            Type::QueryRoot | Type::Mutation | Type::BulkOperation | Type::BulkOperationUserError => 0,
            Type::Order | Type::TaxLine | Type::MailingAddress => counts.orders,
            Type::LineItem => counts.order_lines,
            Type::Refund | Type::RefundShippingLine => counts.refunds,
            Type::RefundLineItem => counts.refund_lines,
            Type::Product => counts.products,
            Type::ProductVariant | Type::InventoryItem | Type::SelectedOption => counts.variants,
            Type::Customer => counts.customers,
            _ => 1,
        };
        let official =
            schema::object(kind.name()).unwrap_or_else(|| panic!("{} is not official", kind.name()));
        for (name, resolve) in of(kind) {
            let Some(field) = official.fields.get(name) else {
                wrong.push(format!("{}.{name} is not official", kind.name()));
                continue;
            };
            for at in 0..i64::try_from(rows).unwrap() {
                let fits = match resolve(&world, at, &Arguments::default()) {
                    None => field.nullable || NOT_OF_EVERY_ROW.contains(&(kind.name(), name)),
                    Some(Value::Object(_)) => field.kind == Kind::Object,
                    Some(Value::Objects(_)) => field.kind == Kind::List,
                    Some(Value::Rows(_)) => field.kind == Kind::Connection,
                    Some(_) => field.kind == Kind::Leaf,
                };
                if !fits {
                    wrong.push(format!("{}.{name} of row {at}", kind.name()));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
