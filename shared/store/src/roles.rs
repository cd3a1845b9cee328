//! The two roles that the product works as. The owner migrates and nothing else; both roles own nothing.

use aws_lc_rs::hmac;
use domain::secret::Secret;
use tokio_postgres::Client;

use crate::error::Error;
use crate::pools;

/// Works for tenants, under row security.
pub const RUNTIME: &str = "alatar_runtime";
/// Crosses tenants, with narrow grants.
pub const SYSTEM: &str = "alatar_system";

/// Two programs that begin at once may both touch a role's row; the loser tries again.
const ATTEMPTS_MAX: u32 = 10;

/// Creates or updates both roles and their rights on the database itself. Needs the right to create roles.
///
/// # Errors
/// When the owner cannot connect or may not create roles.
pub async fn ensure(owner_url: &Secret) -> Result<(), Error> {
    let client = pools::connect(owner_url).await?;
    for role in [RUNTIME, SYSTEM] {
        let password = password(owner_url, role)?;
        let mut attempt = 1;
        while let Err(error) = ensure_role(&client, role, &password).await {
            if attempt == ATTEMPTS_MAX || !is_race(&error) {
                return Err(Error::of("roles.ensure", &error));
            }
            attempt += 1;
        }
    }
    restrict_database(&client).await
}

/// The roles' rights on the database itself, for a copy of a migrated one: copies do not inherit them.
///
/// # Errors
/// When the owner cannot connect or does not own the database.
pub async fn restrict(owner_url: &Secret) -> Result<(), Error> {
    restrict_database(&pools::connect(owner_url).await?).await
}

async fn ensure_role(client: &Client, role: &str, password: &Secret) -> Result<(), tokio_postgres::Error> {
    let exists = "-- roles.exists\nselect 1 from pg_roles where rolname = $1";
    let verb = if client.query_opt(exists, &[&role]).await?.is_some() { "alter" } else { "create" };
    // Hexadecimal digits need no quoting; no statement with a password is logged.
    let statement = format!(
        "set log_statement = 'none'; set log_min_error_statement = 'panic';
         {verb} role {role} login noinherit nosuperuser nobypassrls nocreatedb nocreaterole noreplication
           password '{}'",
        password.expose()
    );
    match client.batch_execute(&statement).await {
        // An owner who may not touch log settings or attributes sets the password alone.
        Err(error) if is_forbidden(&error) => {
            let verb = if verb == "create" { "create role" } else { "alter role" };
            client.batch_execute(&format!("{verb} {role} login password '{}'", password.expose())).await
        }
        other => other,
    }
}

async fn restrict_database(client: &Client) -> Result<(), Error> {
    let restrict = async {
        let row = client.query_one("-- roles.database\nselect quote_ident(current_database())", &[]).await?;
        let database: String = row.try_get(0)?;
        let rights = format!(
            "revoke temporary, create on database {database} from public, {RUNTIME}, {SYSTEM};
             grant connect on database {database} to {RUNTIME}, {SYSTEM}"
        );
        client.batch_execute(&rights).await
    };
    restrict.await.map_err(|error| Error::of("roles.restrict_database", &error))
}

fn is_race(error: &tokio_postgres::Error) -> bool {
    // "tuple concurrently updated" has no code of its own.
    matches!(error.code().map(|code| code.code()), Some("XX000" | "23505" | "42710"))
}

fn is_forbidden(error: &tokio_postgres::Error) -> bool {
    error.code().map(|code| code.code()) == Some("42501")
}

/// The owner's URL with the runtime role in it. Its password is derived from the owner's.
///
/// # Errors
/// [`Error::Url`] when the owner's URL is malformed.
pub fn runtime_url(owner_url: &Secret) -> Result<Secret, Error> {
    url_as(owner_url, RUNTIME)
}

/// The owner's URL with the system role in it.
///
/// # Errors
/// [`Error::Url`] when the owner's URL is malformed.
pub fn system_url(owner_url: &Secret) -> Result<Secret, Error> {
    url_as(owner_url, SYSTEM)
}

fn password(owner_url: &Secret, role: &str) -> Result<Secret, Error> {
    let config: tokio_postgres::Config = owner_url.expose().parse().map_err(|_| Error::Url)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, config.get_password().unwrap_or_default());
    let tag = hmac::sign(&key, role.as_bytes());
    Ok(Secret::new(tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

fn url_as(owner_url: &Secret, role: &str) -> Result<Secret, Error> {
    let password = password(owner_url, role)?;
    let text = owner_url.expose();
    let Some((scheme, rest)) = text.split_once("://") else {
        // `host=... dbname=...`: the last word about a key counts.
        return Ok(Secret::new(format!("{text} user={role} password={}", password.expose())));
    };
    let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("user=") && !pair.starts_with("password="))
        .collect();
    let mark = if kept.is_empty() { "" } else { "?" };
    let password = password.expose();
    Ok(Secret::new(format!("{scheme}://{role}:{password}@{host}{path}{mark}{}", kept.join("&"))))
}

#[cfg(test)]
mod tests {
    use domain::secret::Secret;

    use super::{RUNTIME, password, runtime_url};

    fn as_runtime(owner: &str) -> String {
        let owner = Secret::new(owner);
        let derived = password(&owner, RUNTIME).unwrap();
        runtime_url(&owner).unwrap().expose().replace(derived.expose(), "DERIVED")
    }

    #[test]
    fn the_roles_url_is_the_owners_with_another_user() {
        let cases = [
            (
                "postgres://o:p%40w@db:5432/shop?sslmode=require",
                "postgres://alatar_runtime:DERIVED@db:5432/shop?sslmode=require",
            ),
            ("postgresql://db/shop", "postgresql://alatar_runtime:DERIVED@db/shop"),
            ("postgresql://o@%2Ftmp%2Fx:1/a", "postgresql://alatar_runtime:DERIVED@%2Ftmp%2Fx:1/a"),
            (
                "postgres:///shop?host=/tmp&user=o&password=p",
                "postgres://alatar_runtime:DERIVED@/shop?host=/tmp",
            ),
            ("host=/tmp user=o dbname=a", "host=/tmp user=o dbname=a user=alatar_runtime password=DERIVED"),
        ];
        for (owner, expected) in cases {
            assert_eq!(as_runtime(owner), expected, "{owner}");
            let config: tokio_postgres::Config =
                runtime_url(&Secret::new(owner)).unwrap().expose().parse().unwrap();
            assert_eq!(config.get_user(), Some(RUNTIME), "{owner}");
        }
        assert!(runtime_url(&Secret::new("not a url")).is_err());
    }

    #[test]
    fn another_owners_password_gives_other_roles_passwords() {
        let of = |url: &str| password(&Secret::new(url), RUNTIME).unwrap();
        assert_ne!(of("postgres://o:one@h/d"), of("postgres://o:two@h/d"));
        assert_eq!(of("postgres://o:one@h/d").expose().len(), 64);
    }
}
