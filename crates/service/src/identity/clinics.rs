//! A new clinic on the service, with its first users.

use store::{Actor, TenantId, tenants};

use super::invite::{self, Invited};
use super::users::{self, NewAccount, NewRole};
use crate::{Caller, Problem, ProblemCode, Role, Service, Work};

/// How often another id is tried when two clinics are registered at once.
const RETRIES_MAX: u32 = 3;

/// A clinic to be registered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewClinic {
    /// Code, as logins name it: lower-case letters, digits, `-`; 2 to 40 characters.
    pub code: String,
    /// The number of its first receipt (領収証番号).
    pub first_receipt_number: i64,
    /// Its first users. At least one is an administrator.
    pub users: Vec<FirstUser>,
}

/// A first user of a clinic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FirstUser {
    /// Name at login.
    pub login: String,
    /// Name on screens.
    pub display_name: String,
    /// Role. It holds without a second account holder: there is none yet.
    pub role: Role,
}

/// A clinic that was registered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisteredClinic {
    /// The tenant.
    pub tenant: TenantId,
    /// Login and invitation of each first user.
    pub invitations: Vec<(String, Invited)>,
}

/// Registers a clinic. The operator sees nothing of it afterwards.
///
/// # Errors
/// `duplicate` for a taken code, `invalid` with the field.
pub fn register_clinic(
    service: &Service,
    operator: Actor,
    new: &NewClinic,
    origin: Option<String>,
) -> Result<RegisteredClinic, Problem> {
    check(new)?;
    let mut retries = 0;
    loop {
        let tenant = service.database().next_tenant()?;
        let caller = Caller { tenant, actor: operator, origin: origin.clone() };
        let outcome = service.run(&caller, |work| register(work, new));
        match outcome {
            Err(problem) if problem.code == ProblemCode::Duplicate && retries < RETRIES_MAX => {
                if service.database().tenant_of_code(&new.code)?.is_some() {
                    return Err(problem);
                }
                retries += 1;
            }
            outcome => return outcome,
        }
    }
}

fn check(new: &NewClinic) -> Result<(), Problem> {
    let is_of = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_code = (2..=40).contains(&new.code.len()) && new.code.chars().all(is_of) && !new.code.starts_with('-');
    if !is_code {
        return Err(Problem::invalid("/code", "not-allowed", "コードは半角英小文字・数字・- の2～40文字です"));
    }
    if new.first_receipt_number < 1 {
        return Err(Problem::invalid("/firstReceiptNumber", "not-allowed", "領収証番号は1以上です"));
    }
    if !new.users.iter().any(|user| user.role == Role::Administrator) {
        return Err(Problem::invalid("/users", "missing", "管理者を一人以上指定してください"));
    }
    match new.users.iter().find(|user| user.role.needs_end()) {
        Some(_) => Err(Problem::invalid("/users", "not-allowed", "監査の役割は後から期限付きで付けてください")),
        None => Ok(()),
    }
}

fn register(work: &mut Work<'_, '_>, new: &NewClinic) -> Result<RegisteredClinic, Problem> {
    let tenant = work.tx.tenant();
    tenants::create(work.tx, &new.code, new.first_receipt_number, &work.stamp)?;
    work.audit("tenant.create", None, Some(new.code.clone()));
    let mut invitations = Vec::new();
    for user in &new.users {
        let account = NewAccount {
            login: user.login.clone(),
            display_name: user.display_name.clone(),
            roles: Vec::new(),
            expires_at: None,
            is_break_glass: false,
        };
        users::check(work, &account)?;
        let id = users::insert(work, &account)?;
        let role = NewRole { role: user.role, valid_until: None };
        users::give(work, id, role, Some(&Actor::System("registration").to_string()))?;
        invitations.push((user.login.clone(), invite::make(work, id, false, false)?));
    }
    Ok(RegisteredClinic { tenant, invitations })
}
