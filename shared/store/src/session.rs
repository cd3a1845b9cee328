//! One transaction on one connection, in as few round trips as it can be.

use deadpool_postgres::Object;
use domain::ids::UserId;

use crate::error::Error;

pub(crate) struct Session {
    client: Object,
    begin: &'static str,
    user: Option<UserId>,
}

impl Session {
    pub(crate) fn new(client: Object, begin: &'static str, user: Option<UserId>) -> Self {
        Self { client, begin, user }
    }

    pub(crate) async fn commit(self) -> Result<(), Error> {
        let _ = (self.client, self.begin, self.user);
        todo!()
    }
}
