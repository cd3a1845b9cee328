use domain::{facts, money::Currency};
use jiff::Timestamp;

use super::{Fault, line};
use crate::bulk::{Bulk, Rows};

const ORDER: &str = r##"{"id":"gid://shopify/Order/7","name":"#7","createdAt":"2026-03-01T10:00:00Z","processedAt":"2026-03-01T10:00:01Z","updatedAt":"2026-03-02T00:00:00Z","cancelledAt":null,"cancelReason":null,"test":false,"taxesIncluded":false,"currencyCode":"GBP","displayFinancialStatus":"PAID","displayFulfillmentStatus":"FULFILLED","sourceName":"web","discountCodes":["SPRING"],"tags":["a","__parentId"],"note":"he said \"__parentId\": \n ü","customer":{"id":"gid:\/\/shopify\/Customer\/3"},"shippingAddress":{"countryCodeV2":"GB"},"customerJourneySummary":{"ready":true,"lastVisit":{"utmParameters":{"source":"google","medium":null,"campaign":"x"}}},"subtotalPriceSet":{"shopMoney":{"amount":"10.5"}},"totalDiscountsSet":{"shopMoney":{"amount":"1.50"}},"totalShippingPriceSet":{"shopMoney":{"amount":"0.0"}},"totalTaxSet":null,"refunds":[{"id":"gid://shopify/Refund/9","processedAt":"2026-03-05T00:00:00+01:00","note":null,"totalRefundedSet":{"shopMoney":{"amount":"2.55"}}}]}"##;
const LINE: &str = r##"{"id":"gid://shopify/LineItem/8","title":"Lantern","quantity":2,"isGiftCard":false,"product":{"id":"gid://shopify/Product/5"},"variant":null,"originalTotalSet":{"shopMoney":{"amount":"12.00"}},"discountAllocations":[{"allocatedAmountSet":{"shopMoney":{"amount":"1.0"}}},{"allocatedAmountSet":{"shopMoney":{"amount":"0.5"}}}],"taxLines":[{"priceSet":{"shopMoney":{"amount":"0.11"}}}], "__parentId" : "gid://shopify/Order/7"}"##;

fn gbp() -> Currency {
    Currency::parse("GBP").unwrap()
}

fn read(bulk: Bulk, text: &str) -> Result<Rows, Fault> {
    let mut rows = Rows::default();
    line(bulk, gbp(), text.as_bytes(), &mut rows)?;
    Ok(rows)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn an_order_line_becomes_the_order_and_its_refunds() {
    let order = facts::Order {
        id: 7,
        name: "#7".to_owned(),
        customer_id: Some(3),
        created_at: at("2026-03-01T10:00:00Z"),
        processed_at: at("2026-03-01T10:00:01Z"),
        updated_at: at("2026-03-02T00:00:00Z"),
        cancelled_at: None,
        cancel_reason: None,
        test: false,
        taxes_included: false,
        financial_status: Some("PAID".to_owned()),
        fulfillment_status: Some("FULFILLED".to_owned()),
        source_name: Some("web".to_owned()),
        country_code: Some("GB".to_owned()),
        discount_codes: vec!["SPRING".to_owned()],
        tags: vec!["a".to_owned(), "__parentId".to_owned()],
        note: Some("he said \"__parentId\": \n ü".to_owned()),
        subtotal: 1050,
        discounts: 150,
        shipping: 0,
        tax: 0,
        utm_source: Some("google".to_owned()),
        utm_medium: None,
        utm_campaign: Some("x".to_owned()),
    };
    let refund = facts::Refund {
        id: 9,
        order_id: 7,
        processed_at: at("2026-03-04T23:00:00Z"),
        note: None,
        total: 255,
        shipping: 0,
    };
    let expected = Rows { orders: vec![order], refunds: vec![refund], ..Rows::default() };
    assert_eq!(read(Bulk::Orders, ORDER), Ok(expected));
}

#[test]
fn a_line_sums_its_discounts_and_taxes_and_keeps_a_title_only_for_a_lost_product() {
    let expected = facts::OrderLine {
        id: 8,
        order_id: 7,
        product_id: Some(5),
        variant_id: None,
        title: None,
        quantity: 2,
        gross: 1200,
        discount: 150,
        tax: 11,
        gift_card: false,
    };
    let rows = Rows { lines: vec![expected.clone()], ..Rows::default() };
    assert_eq!(read(Bulk::Orders, LINE), Ok(rows));
    let lost = LINE.replace(r#"{"id":"gid://shopify/Product/5"}"#, "null");
    let expected = facts::OrderLine { product_id: None, title: Some("Lantern".to_owned()), ..expected };
    assert_eq!(read(Bulk::Orders, &lost).map(|rows| rows.lines), Ok(vec![expected]));
}

#[test]
fn an_unready_journey_says_nothing_about_the_source() {
    let unready = ORDER.replace(r#""ready":true"#, r#""ready":false"#);
    let rows = read(Bulk::Orders, &unready).unwrap();
    assert_eq!(rows.orders.iter().map(|order| order.utm_source.clone()).collect::<Vec<_>>(), [None]);
}

#[test]
fn products_variants_and_customers_are_typed() {
    let product = r#"{"id":"gid://shopify/Product/5","title":"Lantern","handle":"lantern","vendor":"V","productType":"","status":"ACTIVE","tags":[],"createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-02T00:00:00Z"}"#;
    let variant = r#"{"id":"gid://shopify/ProductVariant/6","title":"Red","sku":null,"price":"3.39","compareAtPrice":"4.00","inventoryQuantity":null,"inventoryItem":{"unitCost":{"amount":"1.2"}},"__parentId":"gid://shopify/Product/5"}"#;
    let customer = r#"{"id":"gid://shopify/Customer/3","createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-02T00:00:00Z","tags":["vip"],"numberOfOrders":"12","defaultAddress":null}"#;
    let (created_at, updated_at) = (at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z"));
    let expected = facts::Product {
        id: 5,
        title: "Lantern".to_owned(),
        handle: "lantern".to_owned(),
        vendor: "V".to_owned(),
        product_type: String::new(),
        status: "ACTIVE".to_owned(),
        tags: vec![],
        created_at,
        updated_at,
    };
    assert_eq!(read(Bulk::Products, product).map(|rows| rows.products), Ok(vec![expected]));
    let expected = facts::Variant {
        id: 6,
        product_id: 5,
        title: "Red".to_owned(),
        sku: None,
        price: 339,
        compare_at_price: Some(400),
        unit_cost: Some(120),
        inventory_quantity: None,
    };
    assert_eq!(read(Bulk::Products, variant).map(|rows| rows.variants), Ok(vec![expected]));
    let expected = facts::Customer {
        id: 3,
        created_at,
        updated_at,
        country_code: None,
        tags: vec!["vip".to_owned()],
        orders_count: 12,
    };
    assert_eq!(read(Bulk::Customers, customer).map(|rows| rows.customers), Ok(vec![expected]));
}

#[test]
fn a_broken_line_names_the_field_and_shows_nothing_of_it() {
    let field = |field: &str, problem| Err(Fault::Field { field: field.to_owned(), problem });
    let form = "has another type or form than expected";
    let money = "is not an amount of the shop's currency";
    let cases = [
        (LINE.replace(r#""quantity":2"#, r#""quantity":"secret""#), field("quantity", form)),
        (LINE.replace(r#""quantity":2,"#, ""), field("quantity", "is missing")),
        (LINE.replace("LineItem/8", "Order/8"), field("id", form)),
        (LINE.replace(r#""12.00""#, r#""12.001""#), field("originalTotalSet", money)),
        (LINE.replace(r#""12.00""#, "12.00"), field("originalTotalSet", form)),
        (LINE.replace(r#""0.5""#, r#""much""#), field("discountAllocations", money)),
        (ORDER.replace(r#""currencyCode":"GBP""#, r#""currencyCode":"USD""#), {
            field("currencyCode", "is not the shop's currency")
        }),
        (ORDER.replace("2026-03-01T10:00:01Z", "yesterday"), field("processedAt", form)),
        (ORDER.replace("2026-03-05T00:00:00+01:00", "someday"), field("refunds", form)),
        (ORDER.replace(r#"{"shopMoney":{"amount":"10.5"}}"#, "null"), field("subtotalPriceSet", "is null")),
        (LINE.replace(r#","isGiftCard""#, r#";"isGiftCard""#), field("line", "is not JSON")),
        (LINE.get(..100).unwrap_or_default().to_owned(), Err(Fault::Cut)),
        (String::new(), Err(Fault::Cut)),
        ("[]".to_owned(), field("line", form)),
    ];
    for (text, expected) in cases {
        assert_eq!(read(Bulk::Orders, &text), expected, "{text}");
    }
    let child = field("__parentId", "customers have no children here");
    assert_eq!(read(Bulk::Customers, LINE), child);
}
