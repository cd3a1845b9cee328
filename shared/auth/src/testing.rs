//! A third maker of [`Tenant`], for tests alone. It works in no session, as a queue message does.

use domain::ids::UserId;

use crate::Tenant;

pub const fn tenant(user_id: UserId) -> Tenant {
    Tenant { user_id, session: None }
}
