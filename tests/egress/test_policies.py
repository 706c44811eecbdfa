"""Nothing is sent to where only insiders are, unless the operator names it."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from runbell.egress.networks import refused_as
from runbell.egress.policy import read_policy
from runbell.egress.trouble import Refused
from runbell.settings import load_settings


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
        "169.254.169.254",
        "168.63.129.16", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1",
        "192.168.1.1", "198.18.0.1",
        "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
        "64:ff9b::808:808", "64:ff9b:1::1",
        "100::1", "2001::1", "2001:0:7f00:1::", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::",
        "2002:0808:0808::1",
        "3ffe::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1",
        "ff02::1", "ff0e::1",
        "4000::1", "2606:4700::1%eth0",
    ],
)  # fmt: skip
def test_an_inner_address_is_refused(address: str) -> None:
    assert refused_as(ip_address(address)) is not None
    with pytest.raises(Refused, match="egress_allow"):
        read_policy().vet("https", "a.example", 443, [ip_address(address)])


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "192.169.0.1", "223.255.255.255",
        "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "2620:fe::fe",
    ],
)  # fmt: skip
def test_a_public_address_passes(address: str) -> None:
    assert refused_as(ip_address(address)) is None
    read_policy().vet("https", "a.example", 443, [ip_address(address)])


def test_one_inner_address_among_public_ones_is_enough_to_refuse() -> None:
    for addresses in (["1.1.1.1", "10.0.0.1"], ["10.0.0.1", "1.1.1.1"], ["2606:4700::1111", "127.0.0.1"]):
        with pytest.raises(Refused):
            read_policy().vet("https", "a.example", 443, [ip_address(address) for address in addresses])


def test_the_refusal_does_not_tell_the_inner_address() -> None:
    with pytest.raises(Refused) as refused:
        read_policy().vet("https", "intranet.example", 443, [ip_address("10.20.30.40")])
    assert "10.20.30.40" not in str(refused.value)


@pytest.mark.parametrize(
    ("entry", "host", "port", "address", "passes"),
    [
        ("10.1.0.0/16", "a.example", 80, "10.1.2.3", True),
        ("10.1.0.0/16", "a.example", 80, "10.2.0.1", False),
        ("10.1.0.0/16", "a.example", 80, "::ffff:10.1.2.3", False),
        ("10.1.2.3:8080", "a.example", 8080, "10.1.2.3", True),
        ("10.1.2.3:8080", "a.example", 80, "10.1.2.3", False),
        ("[fd00::1]:8080", "a.example", 8080, "fd00::1", True),
        ("fd00::/8", "a.example", 443, "fd12::1", True),
        ("64:ff9b::/96", "a.example", 443, "64:ff9b::808:808", True),
        ("64:ff9b::/96", "a.example", 443, "64:ff9b::a00:1", False),
        ("64:ff9b::/96,10.0.0.0/8", "a.example", 443, "64:ff9b::a00:1", True),
        ("hooks.lan", "hooks.lan", 443, "10.0.0.1", True),
        ("hooks.lan", "other.hooks.lan", 443, "10.0.0.1", False),
        ("*.lan", "other.hooks.lan", 443, "10.0.0.1", True),
        ("*.lan", "evil-lan", 443, "10.0.0.1", False),
        ("*.lan:8443", "a.lan", 443, "10.0.0.1", False),
        ("localhost:9000", "localhost", 9000, "127.0.0.1", True),
        ("1.1.1.1, hooks.lan", "hooks.lan", 443, "192.168.0.1", True),
    ],
)
def test_what_the_operator_names_may_be_reached_and_nothing_beside_it(
    entry: str, host: str, port: int, address: str, passes: bool
) -> None:
    policy = read_policy(entry)
    if passes:
        return policy.vet("http", host, port, [ip_address(address)])
    with pytest.raises(Refused):
        policy.vet("https", host, port, [ip_address(address)])
    return None


@pytest.mark.parametrize(
    "entry", ["10.0.0.1/8", "10.0.0.0/33", "300.1.1.1", "a b", "http://a.example", "*", "[::1", "a/24", "-a"]
)
def test_an_entry_that_cannot_be_read_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match=r"egress_allow cannot hold .* Write 10\.1\.0\.0/16"):
        read_policy(f"10.0.0.0/8, {entry}")


def test_plain_http_is_for_what_is_named_unless_the_operator_says_so() -> None:
    public = [ip_address("1.1.1.1")]
    with pytest.raises(Refused, match="egress_http"):
        read_policy().vet("http", "a.example", 80, public)
    read_policy(http=True).vet("http", "a.example", 80, public)
    read_policy("a.example").vet("http", "a.example", 80, public)


def test_what_needs_no_name_server_is_refused_while_reading() -> None:
    for url in ("https://10.0.0.1/", "http://a.example/", "https://[::1]/"):
        with pytest.raises(Refused):
            read_policy().read(url)
    assert read_policy("10.0.0.0/8").read("http://later.example/").host == "later.example"


def test_a_server_does_not_start_with_settings_that_nobody_could_follow(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="egress_allow cannot hold"):
        load_settings({"RUNBELL_EGRESS_ALLOW": "10.0.0.1/8"})
    with pytest.raises(ValueError, match="egress_ca names no file"):
        load_settings({"RUNBELL_EGRESS_CA": str(tmp_path / "absent.pem")})
