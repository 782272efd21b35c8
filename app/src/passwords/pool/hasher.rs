//! Hashes of passwords with argon2, in memory that is used again.
//!
//! Each hash needs 19 MiB for a moment. Allocators often keep such blocks after they are freed, and
//! blocks from many threads add up. So each thread keeps one block as long as it runs.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{Error, Result, try_generate_salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::Hash;

/// The most KiB that a hash may need. Strata's own need 19 MiB. A foreign hash that needs more than a
/// gibibyte would stop the whole server.
const MOST: usize = 1024 * 1024;

/// Makes hashes and compares them.
#[derive(Default)]
pub(super) struct Hasher {
    blocks: Vec<Block>,
}

impl Hasher {
    /// Hashes a password with the default parameters of argon2 and a random salt.
    ///
    /// # Errors
    /// Returns an error if the system has no randomness or no memory.
    pub(super) fn hash(&mut self, password: &str) -> Result<Hash> {
        let argon2 = Argon2::default();
        let salt = Salt::new(&try_generate_salt()?)?;
        let output = self.output(&argon2, password, &salt, Params::DEFAULT_OUTPUT_LEN)?;
        let hash = PasswordHash {
            algorithm: Algorithm::default().ident(),
            version: Some(Version::default().into()),
            params: ParamsString::try_from(argon2.params())?,
            salt: Some(salt),
            hash: Some(output),
        };
        Ok(Hash(hash.to_string().into()))
    }

    /// Whether a hash belongs to this password. An unreadable hash belongs to none.
    pub(super) fn is_made_of(&mut self, hash: &Hash, password: &str) -> bool {
        PasswordHash::new(&hash.0).is_ok_and(|hash| {
            // The comparison takes the same time for all outputs.
            self.again(&hash, password).is_ok_and(|output| hash.hash == Some(output))
        })
    }

    /// Hashes the password with the algorithm, parameters and salt of another hash.
    fn again(&mut self, hash: &PasswordHash, password: &str) -> Result<Output> {
        let (Some(salt), Some(output)) = (&hash.salt, &hash.hash) else {
            return Err(Error::PasswordInvalid);
        };
        let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
        let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
        let argon2 = Argon2::new(algorithm, version, Params::try_from(hash)?);
        self.output(&argon2, password, salt, output.len())
    }

    fn output(
        &mut self,
        argon2: &Argon2<'_>,
        password: &str,
        salt: &[u8],
        length: usize,
    ) -> Result<Output> {
        let mut output = [0; Output::MAX_LENGTH];
        let output = output.get_mut(..length).ok_or(Error::OutputSize)?;
        let count = argon2.params().block_count();
        if count > MOST {
            return Err(Error::OutOfMemory);
        }
        let more = count.saturating_sub(self.blocks.len());
        self.blocks.try_reserve_exact(more).map_err(|_| Error::OutOfMemory)?;
        self.blocks.resize(count, Block::new());
        // Free the extra memory that a foreign hash needed.
        self.blocks.shrink_to(Params::default().block_count());
        let blocks = self.blocks.as_mut_slice();
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, blocks)?;
        Ok(Output::new(output)?)
    }
}
