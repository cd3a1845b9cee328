//! Which rows a root connection holds: Shopify's search syntax, as far as the simulator reads it, and the sort keys.

use jiff::Timestamp;
use serde_json::json;

use super::value::{Arguments, Type, World};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sorting {
    Id,
    CreatedAt,
    ProcessedAt,
    UpdatedAt,
}

impl Sorting {
    /// `None` for a key the simulator does not sort by.
    pub(super) fn named(kind: Type, key: Option<&str>) -> Option<Self> {
        match (key, kind) {
            (None | Some("PROCESSED_AT"), Type::Order) => Some(Self::ProcessedAt),
            (None | Some("ID"), _) => Some(Self::Id),
            (Some("CREATED_AT"), Type::Order | Type::Product | Type::Customer) => Some(Self::CreatedAt),
            (Some("UPDATED_AT"), Type::Order | Type::Product | Type::Customer) => Some(Self::UpdatedAt),
            _ => None,
        }
    }
}

/// One condition of a search; several must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term<'q> {
    field: &'q str,
    compare: Compare,
    value: &'q str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Is,
    AtLeast,
    Above,
    AtMost,
    Below,
}

/// What a field of a row is compared with.
enum Fact<'a> {
    Time(Option<Timestamp>),
    Number(Option<i64>),
    Word(Option<&'a str>),
    Flag(bool),
    /// Every row passes (`status:any`).
    Any,
}

/// Sort key and row of every row that the arguments ask for, sorted. An unknown filter is ignored, as Shopify ignores
/// it, and said in `extensions.search`.
pub(super) fn rows(
    world: &World<'_>,
    arguments: &Arguments,
    kind: Type,
    sorting: Sorting,
) -> Vec<(i64, u32)> {
    let terms = terms(world, arguments, kind);
    let store = world.store;
    let total = match kind {
        Type::Order => store.orders.len(),
        Type::Product => store.products.len(),
        Type::ProductVariant => store.variants.len(),
        Type::Customer => store.customers.len(),
        _ => 0,
    };
    let mut rows: Vec<(i64, u32)> = (0u32..)
        .take(total)
        .filter(|&row| terms.iter().all(|term| holds(world, kind, row, term)))
        .map(|row| (key(world, kind, row, sorting), row))
        .collect();
    if !rows.is_sorted() {
        rows.sort_unstable();
    }
    rows
}

fn key(world: &World<'_>, kind: Type, row: u32, sorting: Sorting) -> i64 {
    let field = match sorting {
        Sorting::Id => "id",
        Sorting::CreatedAt => "created_at",
        Sorting::ProcessedAt => "processed_at",
        Sorting::UpdatedAt => "updated_at",
    };
    match fact(world, kind, row, field) {
        Some(Fact::Time(Some(at))) => at.as_microsecond(),
        Some(Fact::Number(Some(number))) => number,
        _ => 0,
    }
}

/// The conditions that are understood; the others become warnings.
fn terms<'q>(world: &World<'_>, arguments: &'q Arguments, kind: Type) -> Vec<Term<'q>> {
    let Some(query) = arguments.text("query") else { return Vec::new() };
    let mut known = Vec::new();
    for part in parts(query) {
        let term = term(part);
        let is_known = is_field(kind, term.field);
        let is_fit = !is_time(term.field) || time(term.value).is_some();
        if is_known && is_fit {
            known.push(term);
            continue;
        }
        let (message, code) = if is_known {
            (format!("Input `{}` is not an accepted timestamp.", term.value), "invalid_value")
        } else {
            ("Invalid search field for this query.".to_owned(), "invalid_field")
        };
        world.searches.borrow_mut().push(json!({
            "path": [arguments.key],
            "query": query,
            "parsed": { "field": term.field, "match_all": term.value },
            "warnings": [{ "field": term.field, "message": message, "code": code }],
        }));
    }
    known
}

/// The fields a search may name; `fact` answers each of them.
fn is_field(kind: Type, field: &str) -> bool {
    let fields: &[&str] = match kind {
        Type::Order => &[
            "id",
            "created_at",
            "processed_at",
            "updated_at",
            "name",
            "test",
            "status",
            "financial_status",
            "fulfillment_status",
            "customer_id",
            "discount_code",
            "source_name",
            "cancelled_at",
        ],
        Type::Product => {
            &["id", "created_at", "updated_at", "title", "handle", "vendor", "product_type", "status"]
        }
        Type::ProductVariant => &["id", "sku", "product_id"],
        Type::Customer => &["id", "created_at", "updated_at", "email"],
        _ => &[],
    };
    fields.contains(&field)
}

fn is_time(field: &str) -> bool {
    field.ends_with("_at")
}

/// Conditions stand apart by blanks or AND; quotes hold a value together.
fn parts(query: &str) -> impl Iterator<Item = &str> {
    let mut quote = None;
    let pieces = query.split(move |sign: char| {
        match quote {
            Some(open) if sign == open => quote = None,
            None if sign == '\'' || sign == '"' => quote = Some(sign),
            _ => {}
        }
        quote.is_none() && (sign.is_whitespace() || sign == '(' || sign == ')')
    });
    pieces.filter(|piece| !piece.is_empty() && !piece.eq_ignore_ascii_case("and"))
}

fn term(part: &str) -> Term<'_> {
    let (field, rest) = part.split_once(':').unwrap_or(("default", part));
    let compares =
        [(">=", Compare::AtLeast), ("<=", Compare::AtMost), (">", Compare::Above), ("<", Compare::Below)];
    let found = compares.iter().find_map(|(sign, compare)| Some((*compare, rest.strip_prefix(sign)?)));
    let (compare, value) = found.unwrap_or((Compare::Is, rest));
    Term { field, compare, value: value.trim_matches(['\'', '"']) }
}

/// A time, or a day that begins at midnight UTC.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| format!("{text}T00:00:00Z").parse().ok())
}

fn holds(world: &World<'_>, kind: Type, row: u32, term: &Term<'_>) -> bool {
    let order = match fact(world, kind, row, term.field) {
        None | Some(Fact::Any) => return true,
        Some(Fact::Time(at)) => at.zip(time(term.value)).map(|(at, wanted)| at.cmp(&wanted)),
        Some(Fact::Number(number)) => {
            number.zip(term.value.parse::<i64>().ok()).map(|(number, wanted)| number.cmp(&wanted))
        }
        Some(Fact::Flag(flag)) => return term.value == if flag { "true" } else { "false" },
        Some(Fact::Word(word)) => return word.is_some_and(|word| word.eq_ignore_ascii_case(term.value)),
    };
    order.is_some_and(|order| match term.compare {
        Compare::Is => order.is_eq(),
        Compare::AtLeast => order.is_ge(),
        Compare::Above => order.is_gt(),
        Compare::AtMost => order.is_le(),
        Compare::Below => order.is_lt(),
    })
}

fn fact<'a>(world: &World<'a>, kind: Type, row: u32, field: &str) -> Option<Fact<'a>> {
    let (store, row) = (world.store, row as usize);
    let word = |text: Option<crate::store::Text>| Some(Fact::Word(text.map(|text| world.text(text))));
    match kind {
        Type::Order => {
            let order = store.orders.get(row)?;
            match field {
                "id" => Some(Fact::Number(Some(order.id))),
                "created_at" => Some(Fact::Time(Some(order.created_at))),
                "processed_at" => Some(Fact::Time(Some(order.processed_at))),
                "updated_at" => Some(Fact::Time(Some(order.updated_at))),
                "cancelled_at" => Some(Fact::Time(order.cancelled_at)),
                "name" => word(Some(order.name)),
                "test" => Some(Fact::Flag(order.test)),
                "status" => Some(Fact::Any),
                "financial_status" => word(order.financial_status),
                "fulfillment_status" => word(order.fulfillment_status),
                "discount_code" => word(order.discount_code),
                "source_name" => word(order.source_name),
                "customer_id" => {
                    let customer = order.customer.and_then(|at| store.customers.get(at as usize));
                    Some(Fact::Number(customer.map(|customer| customer.id)))
                }
                _ => None,
            }
        }
        Type::Product => {
            let product = store.products.get(row)?;
            match field {
                "id" => Some(Fact::Number(Some(product.id))),
                "created_at" | "updated_at" => Some(Fact::Time(Some(product.created_at))),
                "title" => word(Some(product.title)),
                "handle" => word(Some(product.handle)),
                "vendor" => word(product.vendor),
                "product_type" => word(product.product_type),
                "status" => word(Some(product.status)),
                _ => None,
            }
        }
        Type::ProductVariant => {
            let variant = store.variants.get(row)?;
            match field {
                "id" => Some(Fact::Number(Some(variant.id))),
                "sku" => word(variant.sku),
                "product_id" => {
                    let product = store.products.get(variant.product as usize);
                    Some(Fact::Number(product.map(|product| product.id)))
                }
                _ => None,
            }
        }
        Type::Customer => {
            let customer = store.customers.get(row)?;
            match field {
                "id" => Some(Fact::Number(Some(customer.id))),
                "created_at" => Some(Fact::Time(Some(customer.created_at))),
                "updated_at" => Some(Fact::Time(Some(customer.updated_at))),
                "email" => word(customer.email),
                _ => None,
            }
        }
        _ => None,
    }
}
