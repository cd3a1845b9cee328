use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Config, Environment, Error, RateLimits};

const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

fn read(pairs: &[(&str, &str)]) -> Result<Config, Error> {
    Config::from_lookup(&|name| {
        pairs.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

fn with_keys<'a>(pairs: &[(&'a str, &'a str)]) -> Result<Config, Error> {
    read(&[&[("ALATAR_SIGNING_KEY", KEY), ("ALATAR_MASTER_KEY", KEY)], pairs].concat())
}

fn name(result: Result<Config, Error>) -> (&'static str, bool) {
    match result.unwrap_err() {
        Error::Missing { name, .. } => (name, true),
        Error::Malformed { name, .. } | Error::KeyFile { name, .. } => (name, false),
    }
}

#[test]
fn nothing_set_is_a_local_world() {
    let config = with_keys(&[]).unwrap();
    assert_eq!(config.environment, Environment::Local);
    assert_eq!(config.home, Path::new(".alatar"));
    assert_eq!(config.port, 8080);
    assert_eq!(config.rate_limits, Some(RateLimits::default()));
    assert_eq!(config.database_url, None);
    assert_eq!(config.signing_key.expose(), b"01234567890123456789012345678901");
    assert!(!config.telemetry.json);
}

#[test]
fn an_empty_value_is_no_value() {
    let config = with_keys(&[("ALATAR_PORT", " "), ("DATABASE_URL", ""), ("ALATAR_ENV", "")]).unwrap();
    assert_eq!((config.port, config.environment), (8080, Environment::Local));
}

#[test]
fn a_malformed_setting_is_refused_by_its_name() {
    let cases = [
        ("ALATAR_ENV", "live"),
        ("ALATAR_PORT", "70000"),
        ("ALATAR_CLOCK_START", "yesterday"),
        ("ALATAR_RATE_LIMITS", "analyses_per_hour=0"),
        ("ALATAR_RATE_LIMITS", "logins=3"),
        ("ALATAR_RATE_LIMITS", "few"),
        ("DATABASE_URL", "mysql://localhost/alatar"),
        ("DATABASE_URL", "db.local"),
        ("ALATAR_SIGNING_KEY", "short"),
        ("ALATAR_SIGNING_KEY", "c2hvcnQ="),
        ("ALATAR_MASTER_KEY", "not base64 at all, but long enough for 32 bytes"),
        ("ALATAR_ALLOWED_ORIGINS", "https://example.com/path"),
        ("ALATAR_QUEUE_URLS", "mine"),
        ("SHOPIFY_API_BASE", "127.0.0.1:9000"),
        ("LLM_BASE_URL", "ftp://example.com"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "gatherer"),
    ];
    for (variable, value) in cases {
        let error = with_keys(&[(variable, value)]).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(variable), "{text}");
        assert!(!text.contains(value), "the value is repeated: {text}");
        assert_eq!(name(with_keys(&[(variable, value)])), (variable, false));
    }
}

#[test]
fn outside_local_a_missing_secret_stops_the_start() {
    let url = ("DATABASE_URL", "postgres://u:p@db/alatar");
    for env in ["staging", "production"] {
        let env = ("ALATAR_ENV", env);
        assert_eq!(name(with_keys(&[env])), ("DATABASE_URL", true));
        assert_eq!(name(read(&[env, url])), ("ALATAR_SIGNING_KEY", true));
        assert_eq!(name(read(&[env, url, ("ALATAR_SIGNING_KEY", KEY)])), ("ALATAR_MASTER_KEY", true));
        assert!(with_keys(&[env, url]).is_ok());
    }
}

#[test]
fn rates_are_changed_one_by_one_and_switched_off_only_outside_production() {
    let changed =
        with_keys(&[("ALATAR_RATE_LIMITS", "analyses_per_hour=500, requests_per_minute=9000")]).unwrap();
    let expected = RateLimits { analyses_per_hour: 500, requests_per_minute: 9_000, ..RateLimits::default() };
    assert_eq!(changed.rate_limits, Some(expected));
    assert_eq!(with_keys(&[("ALATAR_RATE_LIMITS", "off")]).unwrap().rate_limits, None);
    let production =
        [("ALATAR_ENV", "production"), ("DATABASE_URL", "postgres://u@db/x"), ("ALATAR_RATE_LIMITS", "off")];
    assert_eq!(name(with_keys(&production)), ("ALATAR_RATE_LIMITS", false));
}

#[test]
fn lists_are_read_whole() {
    let urls = "orchestrator=http://127.0.0.1:4566/1/o,data_retrieval=http://127.0.0.1:4566/1/d";
    let config = with_keys(&[
        ("ALATAR_QUEUE_URLS", urls),
        ("ALATAR_ALLOWED_ORIGINS", "https://a.example, http://localhost:3000"),
    ]);
    let config = config.unwrap();
    let names: BTreeMap<_, _> =
        config.queue_urls.iter().map(|(queue, url)| (queue.as_str(), url.path())).collect();
    assert_eq!(names, BTreeMap::from([("orchestrator", "/1/o"), ("data_retrieval", "/1/d")]));
    assert_eq!(config.allowed_origins, ["https://a.example", "http://localhost:3000"]);
}

#[test]
fn keys_are_made_once_on_first_local_use_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("deep/.alatar");
    let pairs = [("ALATAR_HOME", home.to_str().unwrap())];
    let (first, second) = (read(&pairs).unwrap(), read(&pairs).unwrap());
    assert_eq!((&first.signing_key, &first.master_key), (&second.signing_key, &second.master_key));
    assert_ne!(first.signing_key, first.master_key);
    let files: Vec<_> = fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        fs::write(&file, "broken").unwrap();
    }
    assert_eq!(name(read(&pairs)), ("ALATAR_SIGNING_KEY", false));
}

#[test]
fn secrets_do_not_print_themselves() {
    let config =
        with_keys(&[("DATABASE_URL", "postgres://u:hunter2@db/x"), ("LLM_API_KEY", "sk-hunter2")]).unwrap();
    let printed = format!("{config:?}");
    assert!(!printed.contains("hunter2") && !printed.contains("0123456789"), "{printed}");
}
