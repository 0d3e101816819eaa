//! The secrets that sign a user's webhooks.

use domain::{
    Private, Timestamp, UserId, paths,
    ports::{Records, RecordsError},
    webhook::OwnerSecret,
};
use steps::Failure;

use crate::{
    Notify,
    sign::{InvalidSecret, Secrets},
};

impl Notify {
    /// The secrets that sign the user's webhooks now: the service's for a user without one.
    ///
    /// A secret that cannot be read fails the attempt: signed with another, the webhook would
    /// be refused.
    pub(crate) async fn secrets_of(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Secrets, Failure> {
        Ok(secrets(&*self.records, &self.secrets, user, now).await?)
    }
}

/// The secrets that sign a user's webhooks now, beside the service's.
pub(crate) async fn secrets(
    records: &dyn Records,
    service: &Secrets,
    user: &UserId,
    now: Timestamp,
) -> Result<Secrets, RecordsError> {
    let path = paths::webhook_secret(user);
    let Some(document) = records.read(&path).await? else {
        return Ok(service.clone());
    };
    let owner: OwnerSecret = document.decode()?;
    signing(&owner, service, now).map_err(|_| RecordsError::Unstorable {
        path,
        reason: "it is no secret that webhooks are signed with",
    })
}

fn signing(
    owner: &OwnerSecret,
    service: &Secrets,
    now: Timestamp,
) -> Result<Secrets, InvalidSecret> {
    let texts: Vec<&str> = owner.signing(now).map(Private::reveal).collect();
    let own = Secrets::parse(&texts.join(" "))?;
    if owner.signs_with_service(now) {
        return Ok(own.followed_by(service));
    }
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_millis(hours * 3_600_000)
    }

    /// The signatures of the same webhook, with these secrets.
    fn signatures(secrets: &Secrets) -> Vec<String> {
        let all = secrets.sign("msg_1", 7, b"{}");
        all.split(' ').map(str::to_owned).collect()
    }

    fn by(secret: &str) -> String {
        Secrets::parse(secret).unwrap().sign("msg_1", 7, b"{}")
    }

    #[test]
    fn owners_secret_signs_beside_the_one_before_for_a_day() {
        let service = Secrets::parse(SERVICE).unwrap();
        let first = OwnerSecret::first(at(0));
        let second = first.clone().rotate(at(48));
        let [of_first, of_second] = [&first, &second].map(|own| by(own.secret.reveal()));
        for (owner, hours, expected) in [
            (&first, 1, vec![of_first.clone(), by(SERVICE)]),
            (&first, 24, vec![of_first.clone()]),
            (&second, 49, vec![of_second.clone(), of_first]),
            (&second, 72, vec![of_second]),
        ] {
            let secrets = signing(owner, &service, at(hours)).unwrap();
            assert_eq!(signatures(&secrets), expected, "after {hours} hours");
        }
    }
}
