"""The vault of a server: its key found or made, and the one that the data was sealed with."""

from pathlib import Path

from runbell.locks.key_file import KEY_FILE, VARIABLE, NoKey, find_key
from runbell.locks.vault import AesVault
from runbell.ports.store import Store


async def open_vault(store: Store, folder: Path, given: str | None) -> AesVault:
    """The vault for this folder. Raises NoKey when its key is missing, unsafe, or not the one the data knows."""
    known = await store.sealing_keys()
    vault = AesVault(find_key(folder, given, may_make=not known))
    if not known:
        await store.keep_sealing_key(vault.key_id)
    elif vault.key_id not in known:
        where = VARIABLE if given is not None else str(folder / KEY_FILE)
        raise NoKey(f"{where} is not the key that this folder's values were sealed with; give that one.")
    return vault
