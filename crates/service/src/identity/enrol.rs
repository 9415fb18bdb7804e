//! Enrolment of the second factor: shown once, confirmed by its first code; recovery codes.

use store::identity::credentials;
use store::identity::sessions::{self, Change};
use store::identity::users;
use store::{Actor, Secret, TenantId, UserId, tenants};

use super::authenticate::{Identity, Person, SecondFactor, authenticate};
use super::token::Token;
use super::totp::{self, Enrolment};
use crate::{Caller, Problem, ProblemCode, Service, Work};

/// What a second factor is enciphered for.
pub(crate) fn context(tenant: TenantId, user: UserId) -> String {
    format!("totp {tenant} {user}")
}

/// A second factor that no key of the process opens.
pub(crate) fn unreadable() -> Problem {
    tracing::error!("A second factor cannot be deciphered: a key is missing or the row was altered");
    ProblemCode::Internal.into()
}

/// Makes a second factor and shows it once. It holds after [`confirm_enrolment`]; an earlier one holds until then.
///
/// # Errors
/// `second-factor-required` when the user has one and did not give it, `unauthenticated`.
pub fn begin_enrolment(service: &Service, token: &Token, origin: Option<String>) -> Result<Enrolment, Problem> {
    service.run(&caller(token, origin), |work| {
        let person = enrolling(work, token)?;
        let secret = totp::new_secret()?;
        let sealed = service.keyring()?.seal(&context(token.tenant, person.user), secret.reveal())?;
        credentials::set_pending_totp(work.tx, person.user, &sealed)?;
        let user = users::find(work.tx, person.user)?;
        let clinic = tenants::code(work.tx)?;
        work.audit("second_factor.begin", None, Some(person.user.to_string()));
        totp::enrolment(&secret, &clinic, &user.login)
    })
}

/// Confirms the second factor by its first code; answers recovery codes, shown once. Other sessions of the user
/// end.
///
/// # Errors
/// `invalid` for a wrong code, `state-conflict` when none was begun, else as [`begin_enrolment`].
pub fn confirm_enrolment(
    service: &Service,
    token: &Token,
    code: &Secret<String>,
    origin: Option<String>,
) -> Result<Vec<Secret<String>>, Problem> {
    service.run(&caller(token, origin), |work| {
        let person = enrolling(work, token)?;
        let user = person.user;
        let credentials = credentials::lock(work.tx, user)?.ok_or(ProblemCode::StateConflict)?;
        let sealed = credentials.totp_pending.ok_or(ProblemCode::StateConflict)?;
        let secret = service.keyring()?.open(&context(token.tenant, user), &sealed).ok_or_else(unreadable)?;
        let now = work.stamp.at();
        let step = totp::matching_step(&secret, code, now)
            .ok_or_else(|| Problem::invalid("/code", "wrong-code", "認証コードが違います"))?;
        credentials::confirm_totp(work.tx, user, &sealed, step)?;
        sessions::change(work.tx, person.session, Change::SecondFactor, now)?;
        sessions::revoke_all(work.tx, user, Some(person.session), now)?;
        work.audit("second_factor.enrol", None, Some(user.to_string()));
        new_codes(work, user)
    })
}

/// New recovery codes in the place of all earlier ones, shown once.
///
/// # Errors
/// As [`Identity::require`].
pub fn renew_recovery_codes(
    service: &Service,
    token: &Token,
    origin: Option<String>,
) -> Result<Vec<Secret<String>>, Problem> {
    service.run(&caller(token, origin), |work| {
        let identity = authenticate(work, token, None)?;
        identity.require(None)?;
        let user = identity.person()?.user;
        work.audit("second_factor.renew_codes", None, Some(user.to_string()));
        new_codes(work, user)
    })
}

pub(crate) fn caller(token: &Token, origin: Option<String>) -> Caller {
    Caller { tenant: token.tenant, actor: Actor::System("login"), origin }
}

/// The person, who has no second factor yet or gave it.
fn enrolling(work: &mut Work<'_, '_>, token: &Token) -> Result<Person, Problem> {
    let identity: Identity = authenticate(work, token, None)?;
    let person = identity.person()?;
    match person.second_factor {
        SecondFactor::NotEnrolled if person.is_locked => Err(ProblemCode::SessionLocked.into()),
        SecondFactor::NotEnrolled => Ok(person.clone()),
        _ => identity.require(None).map(|()| person.clone()),
    }
}

fn new_codes(work: &mut Work<'_, '_>, user: UserId) -> Result<Vec<Secret<String>>, Problem> {
    let codes = totp::recovery_codes(&context(work.tx.tenant(), user))?;
    let (texts, hashes): (Vec<_>, Vec<_>) = codes.into_iter().unzip();
    credentials::replace_recovery_codes(work.tx, user, &hashes, work.stamp.at())?;
    Ok(texts)
}
