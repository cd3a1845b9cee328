//! What a proposed change to a store is, and what it needs.

use crate::status::words;

/// The changes that can be proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActionType {
    CreateDiscountCode,
    UpdateProductPrice,
    SetInventory,
    TagCustomers,
    CreateDraftOrder,
    UpdateProductContent,
}
words!(ActionType {
    CreateDiscountCode = "create_discount_code",
    UpdateProductPrice = "update_product_price",
    SetInventory = "set_inventory",
    TagCustomers = "tag_customers",
    CreateDraftOrder = "create_draft_order",
    UpdateProductContent = "update_product_content",
});

/// Whether it is known what a call to the shop has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActionOutcome {
    /// Nothing was called.
    None,
    Known,
    /// The call's answer was lost; reconciliation settles it.
    Unknown,
}
words!(ActionOutcome { None = "none", Known = "known", Unknown = "unknown" });

/// The scopes that are needed and not granted, in the order they are needed in. Whoever may write may read: Shopify
/// does not list `read_products` beside `write_products`.
pub fn missing_scopes(required: &[String], granted: &[String]) -> Vec<String> {
    let is_granted = |scope: &String| {
        granted.contains(scope)
            || scope.strip_prefix("read_").is_some_and(|noun| granted.contains(&format!("write_{noun}")))
    };
    required.iter().filter(|scope| !is_granted(scope)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{ActionType, missing_scopes};

    #[test]
    fn whoever_may_write_may_read_and_nothing_else_follows() {
        let scopes = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let missing = |required, granted| missing_scopes(&scopes(required), &scopes(granted)).join(" ");
        assert_eq!(missing("read_products write_products", "write_products"), "");
        assert_eq!(missing("write_products read_orders", "read_products"), "write_products read_orders");
        assert_eq!(missing("", ""), "");
        assert_eq!(missing("write_discounts", ""), "write_discounts");
    }

    #[test]
    fn every_word_reads_back() {
        for action in ActionType::ALL {
            assert_eq!(ActionType::parse(action.name()), Some(*action));
        }
        assert_eq!(ActionType::parse("delete_everything"), None);
    }
}
