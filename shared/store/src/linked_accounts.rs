//! Connected stores: what they are called, how far their mirror is, and their sealed access tokens.

use domain::facts::Shop;
use domain::ids::LinkedAccountId;
use domain::money::Currency;
use domain::secret::Secret;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::TenantTx;
use crate::audit_log::subject;
use crate::error::Error;
use crate::idempotency_keys::{Claim, earlier, input_digest, remembered, settled, verdict_of_key};
use crate::sql::Sql;
use crate::values::{get, word};

/// The columns that [`shop`] and [`sync`] read, of an account called `l`.
macro_rules! shop_and_sync_columns {
    () => {
        "l.shop_domain, l.shop_name, l.shop_currency, l.shop_timezone, l.shop_taxes_included, l.shop_plan,
  l.sync_state, l.sync_progress, l.sync_error, l.orders, l.covers_from, l.covers_to, l.synced_at"
    };
}
pub(crate) use shop_and_sync_columns;

/// One row always: the data key in use and the account that links this store already, where there are such.
const PREPARE_LINK: Sql = Sql::new(
    "-- linked_accounts.prepare_link
select k.version, k.wrapped_key, l.id
from (select app.tenant() as user_id) t
left join lateral (
  select version, wrapped_key from tenant_keys order by version desc limit 1
) k on true
left join linked_accounts l on l.provider = 'shopify' and l.shop_domain = $1",
);

const ADD_KEY: Sql = Sql::new(
    "-- tenant_keys.add
insert into tenant_keys (version, wrapped_key, created_at) values ($1, $2, $3)",
);

const LINK: Sql = Sql::new(
    "-- linked_accounts.link
insert into linked_accounts
  (id, shop_domain, access_token, access_token_key_version, scopes, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $6)
on conflict (user_id, id) do update set status = 'active', access_token = excluded.access_token,
  access_token_key_version = excluded.access_token_key_version, scopes = excluded.scopes,
  updated_at = excluded.updated_at",
);

const LIST: Sql = Sql::new(concat!(
    "-- linked_accounts.list
select l.id, l.provider, l.status, l.scopes, l.created_at, ",
    shop_and_sync_columns!(),
    "
from linked_accounts l order by l.created_at, l.id"
));

const LOAD_MANY: Sql = Sql::new(concat!(
    "-- linked_accounts.load_many
select l.id, l.provider, l.status, l.scopes, l.created_at, ",
    shop_and_sync_columns!(),
    "
from linked_accounts l where l.id = any($1)"
));

const ACCESS_TOKEN: Sql = Sql::new(
    "-- linked_accounts.access_token
select l.user_id, l.access_token, k.version, k.wrapped_key
from linked_accounts l join tenant_keys k on k.version = l.access_token_key_version
where l.id = $1 and l.access_token is not null",
);

const SET_SHOP: Sql = Sql::new(
    "-- linked_accounts.set_shop
update linked_accounts set shop_name = $2, shop_currency = $3, shop_timezone = $4, shop_taxes_included = $5,
  shop_plan = $6, updated_at = $7
where id = $1",
);

/// The sealed token goes, not only the status: what is not there cannot be opened.
const UNLINK: Sql = Sql::new(concat!(
    "-- linked_accounts.unlink
with ",
    earlier!("unlink_account", "$2", "$3", "$5"),
    ", verdict as (
  select case ",
    verdict_of_key!(),
    "
    when current.id is null then 'not_found'
    when current.status = 'unlinked' then 'unlinked_before'
    else 'done' end as word
  from (select) one left join linked_accounts current on current.id = $1 left join earlier on true
), cause as (
  update linked_accounts a set status = 'unlinked', access_token = null, access_token_key_version = null,
    scopes = '{}', updated_at = $5
  from verdict where verdict.word = 'done' and a.id = $1 and a.status <> 'unlinked'
  returning a.*
), ",
    remembered!("unlink_account", "$2", "$3", "$4", "$5"),
    ", noted as (
  insert into audit_log (id, event, subject, detail, created_at)
  select $6, 'account_unlinked', $7, jsonb_build_object('shopDomain', shop_domain), $5 from cause
)
select verdict.word, ",
    settled!("$2"),
    ", l.id, l.provider, l.status, l.scopes, l.created_at, ",
    shop_and_sync_columns!(),
    "
from verdict left join (
  select * from cause
  union all
  select a.* from linked_accounts a, verdict
  where a.id = $1 and verdict.word in ('repeated', 'unlinked_before')
) l on true"
));

pub(crate) const STATEMENTS: &[Sql] =
    &[PREPARE_LINK, ADD_KEY, LINK, LIST, LOAD_MANY, ACCESS_TOKEN, SET_SHOP, UNLINK];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    ReconnectNeeded,
    Uninstalled,
    Unlinked,
}

impl Status {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "active" => Some(Self::Active),
            "reconnect_needed" => Some(Self::ReconnectNeeded),
            "uninstalled" => Some(Self::Uninstalled),
            "unlinked" => Some(Self::Unlinked),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncState {
    Never,
    Loading,
    Ready,
    Failed,
}

impl SyncState {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "never" => Some(Self::Never),
            "loading" => Some(Self::Loading),
            "ready" => Some(Self::Ready),
            "failed" => Some(Self::Failed),
            _ => None,
        }
    }
}

/// How far the mirror is. `STALE` is for the reader to say: it depends on the time.
#[derive(Clone, Debug, PartialEq)]
pub struct Sync {
    pub state: SyncState,
    /// 0 to 1.
    pub progress: f64,
    pub orders: i64,
    /// `processed_at` of the first and of the last order.
    pub covers_from: Option<Timestamp>,
    pub covers_to: Option<Timestamp>,
    pub synced_at: Option<Timestamp>,
    pub error_message: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LinkedAccount {
    pub id: LinkedAccountId,
    /// `shopify`.
    pub provider: String,
    /// `fruits.myshopify.com`.
    pub shop_domain: String,
    pub status: Status,
    pub scopes: Vec<String>,
    /// Once the shop has been asked.
    pub shop: Option<Shop>,
    pub sync: Sync,
    pub created_at: Timestamp,
}

#[derive(Debug)]
pub struct New<'a> {
    pub id: LinkedAccountId,
    pub shop_domain: &'a str,
    pub access_token: &'a Secret,
    pub scopes: &'a [String],
    pub now: Timestamp,
}

#[derive(Debug)]
pub struct Unlink<'a> {
    pub id: LinkedAccountId,
    pub idempotency_key: Option<&'a str>,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Unlinked {
    /// It is unlinked now, or was before.
    Done(Box<LinkedAccount>),
    /// The same key with another input.
    KeyReused,
    /// It is not there, or not the tenant's.
    NotFound,
}

/// Links a store, or links it again with a new token. The answer is the account's id: an earlier one where the tenant
/// had linked this store before.
///
/// # Errors
/// When the token cannot be sealed or the database cannot answer; a race is worth a retry.
pub async fn link(tx: &mut TenantTx, new: New<'_>) -> Result<LinkedAccountId, Error> {
    let row = tx.session.query_one(PREPARE_LINK, &[&new.shop_domain]).await?;
    let id = get::<Option<Uuid>>(&row, "id")?.map_or(new.id, LinkedAccountId::from_uuid);
    let (version, wrapped) = match get::<Option<i32>>(&row, "version")? {
        Some(version) => (version, get(&row, "wrapped_key")?),
        None => (1, add_key(tx, 1, new.now).await?),
    };
    let key = tx.vault.open_data_key(tx.user, version, &wrapped)?;
    let sealed = key.seal(id, new.access_token)?;
    let linked = tx
        .session
        .execute(LINK, &[&id.uuid(), &new.shop_domain, &sealed, &version, &new.scopes, &new.now])
        .await;
    match linked {
        Err(error) if error.constraint() == Some("linked_accounts_shop_key") => {
            Err(Error::Conflict("linked account"))
        }
        Err(error) => Err(error),
        Ok(_) => Ok(id),
    }
}

async fn add_key(tx: &mut TenantTx, version: i32, now: Timestamp) -> Result<Vec<u8>, Error> {
    let wrapped = tx.vault.new_data_key(tx.user, version)?;
    match tx.session.execute(ADD_KEY, &[&version, &wrapped, &now]).await {
        Err(error) if error.constraint() == Some("tenant_keys_pkey") => Err(Error::Conflict("tenant key")),
        Err(error) => Err(error),
        Ok(_) => Ok(wrapped),
    }
}

/// Disconnects a store: its token is wiped and the audit log has a line. What the mirror holds stays. An account that
/// is unlinked already stays as it is.
///
/// # Errors
/// [`Error::Conflict`] where somebody else was faster; otherwise when the database cannot answer.
pub async fn unlink(tx: &mut TenantTx, unlink: Unlink<'_>) -> Result<Unlinked, Error> {
    let id = unlink.id.uuid();
    let input = input_digest(&[id.as_bytes()]);
    let [key, digest, until, now] = Claim { key: unlink.idempotency_key, input, now: unlink.now }.params();
    let (entry, subject) = (Uuid::now_v7(), subject(id, LinkedAccountId::KIND));
    let params: [&(dyn ToSql + std::marker::Sync); 7] =
        [&id, key.as_ref(), digest.as_ref(), until.as_ref(), now.as_ref(), &entry, &subject];
    let row = tx.session.query_one(UNLINK, &params).await?;
    Ok(match get::<&str>(&row, "word")? {
        "key_reused" => Unlinked::KeyReused,
        "not_found" => Unlinked::NotFound,
        _ => Unlinked::Done(Box::new(linked_account(&row)?)),
    })
}

/// All of the tenant's, oldest first.
///
/// # Errors
/// When the database cannot answer.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<LinkedAccount>, Error> {
    tx.session.query(LIST, &[]).await?.iter().map(linked_account).collect()
}

/// # Errors
/// When the database cannot answer.
pub async fn load(tx: &mut TenantTx, id: LinkedAccountId) -> Result<Option<LinkedAccount>, Error> {
    Ok(load_many(tx, &[id]).await?.pop())
}

/// Those of the ids that are the tenant's, in no order.
///
/// # Errors
/// When the database cannot answer.
pub async fn load_many(tx: &mut TenantTx, ids: &[LinkedAccountId]) -> Result<Vec<LinkedAccount>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    tx.session.query(LOAD_MANY, &[&ids]).await?.iter().map(linked_account).collect()
}

/// The token to call the shop with.
///
/// # Errors
/// [`Error::NotFound`] when there is no such account or it has no token; [`Error::Vault`] when the sealed value was not
/// sealed for exactly this row.
pub async fn access_token(tx: &mut TenantTx, id: LinkedAccountId) -> Result<Secret, Error> {
    let row = tx.session.query_one(ACCESS_TOKEN, &[&id.uuid()]).await?;
    let key = tx.vault.open_data_key(tx.user, get(&row, "version")?, get(&row, "wrapped_key")?)?;
    Ok(key.open(id, get(&row, "access_token")?)?)
}

/// Records what the shop said of itself.
///
/// # Errors
/// [`Error::NotFound`] when there is no such account.
pub async fn set_shop(
    tx: &mut TenantTx,
    id: LinkedAccountId,
    shop: &Shop,
    now: Timestamp,
) -> Result<(), Error> {
    let (code, zone) = (shop.currency.code(), &shop.iana_timezone);
    let touched = tx
        .session
        .execute(SET_SHOP, &[&id.uuid(), &shop.name, &code, zone, &shop.taxes_included, &shop.plan, &now])
        .await?;
    if touched == 1 { Ok(()) } else { Err(Error::NotFound("linked account")) }
}

fn linked_account(row: &Row) -> Result<LinkedAccount, Error> {
    Ok(LinkedAccount {
        id: LinkedAccountId::from_uuid(get(row, "id")?),
        provider: get(row, "provider")?,
        shop_domain: get(row, "shop_domain")?,
        status: word(row, "status", Status::parse)?,
        scopes: get(row, "scopes")?,
        shop: shop(row)?,
        sync: sync(row)?,
        created_at: get(row, "created_at")?,
    })
}

/// From the columns of `shop_and_sync_columns!`; `None` until the shop has been asked.
pub(crate) fn shop(row: &Row) -> Result<Option<Shop>, Error> {
    let Some(name) = get::<Option<String>>(row, "shop_name")? else { return Ok(None) };
    Ok(Some(Shop {
        name,
        myshopify_domain: get(row, "shop_domain")?,
        currency: word(row, "shop_currency", Currency::parse)?,
        iana_timezone: get(row, "shop_timezone")?,
        taxes_included: get(row, "shop_taxes_included")?,
        plan: get(row, "shop_plan")?,
    }))
}

/// From the columns of `shop_and_sync_columns!`.
pub(crate) fn sync(row: &Row) -> Result<Sync, Error> {
    Ok(Sync {
        state: word(row, "sync_state", SyncState::parse)?,
        progress: get(row, "sync_progress")?,
        orders: get(row, "orders")?,
        covers_from: get(row, "covers_from")?,
        covers_to: get(row, "covers_to")?,
        synced_at: get(row, "synced_at")?,
        error_message: get(row, "sync_error")?,
    })
}
