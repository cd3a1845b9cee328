//! The tenant's own copy of a store's facts. COPY is refused under row security, so rows arrive as arrays that one
//! statement unfolds and merges; the same rows again change nothing. Months whose columns must be made anew are marked.

use domain::facts::{Customer, Order, OrderLine, Product, Refund, RefundLine, Variant};
use domain::ids::LinkedAccountId;

use crate::TenantTx;
use crate::error::Error;

/// Rows for one call: more than this gains nothing and holds memory.
pub const BATCH_ROWS: usize = 5_000;

macro_rules! signature {
    ($name:ident, $row:ty) => {
        /// Inserts or updates; the answer counts the rows that changed.
        ///
        /// # Errors
        /// When the account is not the tenant's or the database cannot answer.
        pub async fn $name(tx: &mut TenantTx, account: LinkedAccountId, rows: &[$row]) -> Result<u64, Error> {
            let _ = (tx, account, rows);
            todo!()
        }
    };
}
signature!(upsert_orders, Order);
signature!(upsert_order_lines, OrderLine);
signature!(upsert_refunds, Refund);
signature!(upsert_refund_lines, RefundLine);
signature!(upsert_products, Product);
signature!(upsert_variants, Variant);
signature!(upsert_customers, Customer);
