//! `tensu tenant`: clinics on the service and their first users; `tensu operator`: who confirms for the operator.

use std::io::BufRead;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use service::identity::{self, FirstUser, Invited, NewClinic, NewOperatorAccount};
use service::{Caller, Problem, Role, Service, Work};
use store::identity::{invitations, users};
use store::{Actor, Secret, UserId, tenants};

use crate::serve_command::{Common, service};

/// Who does what is done on the command line of the service's machine.
const OPERATOR: Actor = Actor::System("operator");
/// Clinics printed by `list` at once.
const PER_READ: i32 = 500;

/// Commands of this group.
#[derive(Subcommand)]
pub enum Command {
    /// Register a clinic with its first users; print their invitations.
    Create(Create),
    /// Print the clinics: id and code.
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Invite a user to set a new password; print the invitation.
    Invite(Invite),
    /// Confirm a powerful role that an administrator of the clinic gave, as an operator.
    ConfirmRole(Confirm),
    /// Confirm an invitation for a holder of a powerful role, as an operator.
    ConfirmInvitation(Confirm),
}

/// `tensu tenant create`.
#[derive(Args)]
pub struct Create {
    /// Code of the clinic: lower-case letters, digits, `-`.
    code: String,
    /// Login of the first administrator.
    #[arg(long)]
    administrator: String,
    /// Name of the first administrator.
    #[arg(long)]
    name: String,
    /// A further first user: `login:role:name`, for example `suzuki:director:鈴木 一郎`.
    #[arg(long)]
    user: Vec<String>,
    /// Number of the clinic's first receipt (領収証番号).
    #[arg(long, default_value_t = 1)]
    first_receipt_number: i64,
    #[command(flatten)]
    common: Common,
}

/// `tensu tenant invite`.
#[derive(Args)]
pub struct Invite {
    /// Code of the clinic.
    code: String,
    /// Login of the user.
    login: String,
    /// The second factor was lost: it is enrolled again.
    #[arg(long)]
    resets_second_factor: bool,
    /// Why.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    common: Common,
}

/// What an operator confirms. Password and code of the operator are read from standard input, a line each.
#[derive(Args)]
pub struct Confirm {
    /// Code of the clinic.
    code: String,
    /// Login of the user who gains by it.
    login: String,
    /// The role, for `confirm-role`.
    #[arg(long, default_value = "administrator")]
    role: String,
    /// Login of the operator.
    #[arg(long)]
    operator: String,
    #[command(flatten)]
    common: Common,
}

/// `tensu operator`.
#[derive(Subcommand)]
pub enum OperatorCommand {
    /// Register an operator; the password is read from standard input, the second factor is printed once.
    Create {
        /// Name at login.
        login: String,
        /// Name.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        common: Common,
    },
}

/// Runs one command.
pub fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Create(command) => create(command)?,
        Command::List { common } => list(&service(common)?.0)?,
        Command::Invite(command) => invite(command)?,
        Command::ConfirmRole(command) => {
            let role = role(&command.role)?;
            confirm(command, |work, user| identity::confirm_role(work, user, role))?;
        }
        Command::ConfirmInvitation(command) => confirm(command, confirm_invitation)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs one command of operators.
pub fn run_operator(command: &OperatorCommand) -> anyhow::Result<ExitCode> {
    let OperatorCommand::Create { login, name, common } = command;
    let service = service(common)?.0;
    let password = line("password")?;
    let new = NewOperatorAccount { login: login.clone(), display_name: name.clone(), password };
    let enrolment = identity::create_operator(&service, &new, OPERATOR).map_err(said)?;
    println!("{}", enrolment.address.reveal());
    Ok(ExitCode::SUCCESS)
}

fn create(command: &Create) -> anyhow::Result<()> {
    let first = FirstUser {
        login: command.administrator.clone(),
        display_name: command.name.clone(),
        role: Role::Administrator,
    };
    let further = command.user.iter().map(|text| further_user(text)).collect::<anyhow::Result<Vec<_>>>()?;
    let users = [vec![first], further].concat();
    let new = NewClinic { code: command.code.clone(), first_receipt_number: command.first_receipt_number, users };
    let service = service(&command.common)?.0;
    let registered = identity::register_clinic(&service, OPERATOR, &new, origin()).map_err(said)?;
    println!("tenant {} {}", registered.tenant, new.code);
    for (login, invited) in &registered.invitations {
        print(login, invited);
    }
    Ok(())
}

fn further_user(text: &str) -> anyhow::Result<FirstUser> {
    let mut parts = text.splitn(3, ':');
    let (Some(login), Some(word), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        bail!("{text:?} is not login:role:name");
    };
    Ok(FirstUser { login: login.to_owned(), display_name: name.to_owned(), role: role(word)? })
}

fn role(word: &str) -> anyhow::Result<Role> {
    let all: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    Role::parse(word).with_context(|| format!("{word:?} is no role; roles are {}", all.join(", ")))
}

fn list(service: &Service) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let tenants = service.database().tenants(after, PER_READ)?;
        for tenant in &tenants {
            let code = service.database().in_tenant(*tenant, tenants::code)?;
            println!("{tenant} {code}");
        }
        match tenants.last() {
            Some(last) => after = Some(*last),
            None => return Ok(()),
        }
    }
}

fn invite(command: &Invite) -> anyhow::Result<()> {
    let service = service(&command.common)?.0;
    let caller = caller(&service, &command.code, OPERATOR)?;
    let invited = service.run(&caller, |work| {
        let user = user(work, &command.login)?;
        identity::invite(work, user, command.resets_second_factor, &command.reason)
    });
    print(&command.login, &invited.map_err(said)?);
    Ok(())
}

fn confirm(
    command: &Confirm,
    use_case: impl Fn(&mut Work<'_, '_>, UserId) -> Result<(), Problem>,
) -> anyhow::Result<()> {
    let service = service(&command.common)?.0;
    let (password, code) = (line("password")?, line("code")?);
    let origin = origin();
    let token = identity::log_in_operator(&service, &command.operator, &password, &code, origin.as_deref());
    let token = token.map_err(said)?;
    let operator = identity::authenticate_operator(&service, &token).map_err(said)?;
    let caller = caller(&service, &command.code, operator.actor)?;
    let outcome = service.run(&caller, |work| {
        let user = user(work, &command.login)?;
        use_case(work, user)
    });
    identity::log_out_operator(&service, &token).map_err(said)?;
    outcome.map_err(said)?;
    println!("confirmed");
    Ok(())
}

fn confirm_invitation(work: &mut Work<'_, '_>, user: UserId) -> Result<(), Problem> {
    let open = invitations::open(work.tx, work.stamp.at())?;
    match open.iter().find(|invitation| invitation.user_id == user) {
        Some(invitation) => identity::confirm_invitation(work, invitation.id),
        None => Err(service::ProblemCode::NotFound.into()),
    }
}

fn user(work: &mut Work<'_, '_>, login: &str) -> Result<UserId, Problem> {
    let user = users::find_by_login(work.tx, login)?;
    user.map(|user| user.id).ok_or_else(|| service::ProblemCode::NotFound.into())
}

fn caller(service: &Service, code: &str, actor: Actor) -> anyhow::Result<Caller> {
    let tenant = service.database().tenant_of_code(code)?;
    Ok(Caller { tenant: tenant.with_context(|| format!("no clinic has the code {code:?}"))?, actor, origin: origin() })
}

fn origin() -> Option<String> {
    let user = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).ok()?;
    Some(format!("command line, {}", user.chars().take(64).collect::<String>()))
}

fn print(login: &str, invited: &Invited) {
    let wait = if invited.needs_confirmation { "; to be confirmed first" } else { "" };
    println!("{login} {} (until {}{wait})", invited.token.reveal(), invited.expires_at.format("%Y-%m-%d %H:%M UTC"));
}

fn line(what: &str) -> anyhow::Result<Secret<String>> {
    let mut text = String::new();
    std::io::stdin().lock().read_line(&mut text).with_context(|| format!("reading the {what}"))?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// A problem as the command line tells it, with what is wrong.
fn said(problem: Problem) -> anyhow::Error {
    let fields: Vec<String> =
        problem.errors.iter().map(|error| format!("{} {}: {}", error.pointer, error.code, error.message)).collect();
    anyhow::Error::new(problem).context(fields.join("; "))
}
