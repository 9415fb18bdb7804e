//! Operators of the service: a login of their own, no clinic, no patients.

use chrono::TimeDelta;
use store::identity::operators::{NewOperator, OperatorCredentials, OperatorTx};
use store::{Actor, Hash, OperatorId, Secret, StoreError};

use super::authenticate::Identity;
use super::login::{after_failure, is_word};
use super::token::random_text;
use super::totp::{self, Enrolment};
use super::{enrol, password};
use crate::{Problem, ProblemCode, Service};

/// Hours after which an operator's session ends.
const SESSION_HOURS: i64 = 1;
/// What leads an operator's token.
const LEAD: &str = "operator.";

/// An operator to be registered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewOperatorAccount {
    /// Name at login.
    pub login: String,
    /// Name.
    pub display_name: String,
    /// Password.
    pub password: Secret<String>,
}

fn context(login: &str) -> String {
    format!("totp operator {login}")
}

/// Registers an operator; the second factor is shown once.
///
/// # Errors
/// `duplicate`, `invalid`.
pub fn create_operator(service: &Service, new: &NewOperatorAccount, by: Actor) -> Result<Enrolment, Problem> {
    if !is_word(&new.login) {
        return Err(Problem::invalid("/login", "not-allowed", "ログイン名は半角英小文字・数字・._- の64文字以内です"));
    }
    let allowed = password::check(&new.password, &[&new.login, &new.display_name])?;
    let hash = password::hash(&allowed)?;
    let secret = totp::new_secret()?;
    let sealed = service.keyring()?.seal(&context(&new.login), secret.reveal())?;
    let now = service.now();
    service.database().in_operations(|tx| {
        let row = NewOperator {
            id: OperatorId::new(),
            login: &new.login,
            display_name: &new.display_name,
            password_hash: &hash,
            totp: &sealed,
        };
        tx.create(&row, now)?;
        tx.record_event(now, by, "operator.create", Some(&new.login), None)
    })?;
    totp::enrolment(&secret, "operator", &new.login)
}

/// Logs an operator in with password and code; answers the token of a session.
///
/// # Errors
/// `login-refused` for whatever is wrong.
pub fn log_in_operator(
    service: &Service,
    login: &str,
    password: &Secret<String>,
    code: &Secret<String>,
    origin: Option<&str>,
) -> Result<Secret<String>, Problem> {
    let now = service.now();
    let known = if is_word(login) { service.database().in_operations(|tx| tx.of_login(login))? } else { None };
    let is_right = password::is_of(password, known.as_ref().map(|known| &known.password_hash));
    let Some(known) = known else { return Err(ProblemCode::LoginRefused.into()) };
    let secret = service.keyring()?.open(&context(login), &known.totp).ok_or_else(enrol::unreadable)?;
    let step = totp::matching_step(&secret, code, now);
    let token = random_text()?;
    let text = format!("{LEAD}{}", token.reveal());
    let is_in = service.database().in_operations(|tx| {
        let Some(current) = tx.of_login(login)? else { return Ok(false) };
        let is_same = current.password_hash == known.password_hash && current.totp == known.totp;
        let step = step.filter(|step| current.totp_last_step.is_none_or(|last| last < *step));
        let is_open = current.disabled_at.is_none() && current.locked_until.is_none_or(|until| until <= now);
        let actor = Actor::Operator(current.id.get());
        match step {
            Some(step) if is_right && is_same && is_open => {
                tx.record_outcome(current.id, 0, None, Some(step))?;
                let end = now + TimeDelta::hours(SESSION_HOURS);
                tx.open_session(Hash::of(text.as_bytes()), current.id, now, end)?;
                tx.record_event(now, actor, "session.open", None, origin)?;
                Ok(true)
            }
            _ => refuse(tx, &current, now, origin).map(|()| false),
        }
    })?;
    if is_in { Ok(Secret::new(text)) } else { Err(ProblemCode::LoginRefused.into()) }
}

fn refuse(
    tx: &mut OperatorTx<'_>,
    operator: &OperatorCredentials,
    now: chrono::DateTime<chrono::Utc>,
    origin: Option<&str>,
) -> Result<(), StoreError> {
    if operator.locked_until.is_none_or(|until| until <= now) {
        let (count, until) = after_failure(operator.failed_count, now);
        tx.record_outcome(operator.id, count, until, operator.totp_last_step)?;
    }
    tx.record_event(now, Actor::Operator(operator.id.get()), "session.refuse", None, origin)
}

/// The operator of a session. It has no permission at any clinic.
///
/// # Errors
/// `unauthenticated`.
pub fn authenticate_operator(service: &Service, token: &Secret<String>) -> Result<Identity, Problem> {
    let hash = Hash::of(token.reveal().as_bytes());
    let found = service.database().in_operations(|tx| tx.of_session(hash, service.now()))?;
    let id = found.filter(|_| token.reveal().starts_with(LEAD)).ok_or(ProblemCode::Unauthenticated)?;
    Ok(Identity { actor: Actor::Operator(id.get()), name: String::new(), permissions: Vec::new(), person: None })
}

/// Ends an operator's session.
///
/// # Errors
/// When the database cannot be asked.
pub fn log_out_operator(service: &Service, token: &Secret<String>) -> Result<(), Problem> {
    let hash = Hash::of(token.reveal().as_bytes());
    Ok(service.database().in_operations(|tx| tx.close_session(hash, service.now()))?)
}
