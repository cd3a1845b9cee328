//! A third maker of [`Tenant`], for tests alone.

use domain::ids::UserId;

use crate::Tenant;

pub const fn tenant(user_id: UserId) -> Tenant {
    Tenant { user_id }
}
