"""Our closed lists in the words of others: the W3C Data Privacy Vocabulary (DPV 2) and Kantara's.

A code that a site has added itself has no word there; it goes by its own label.
"""

from __future__ import annotations

from collections.abc import Mapping

from consent.core.model import ConsentEvent, Control, EventName, Layer, Role

DPV_PURPOSES: Mapping[str, str] = {
    "remember_settings": "dpv:UserInterfacePersonalisation",
    "embedded_media": "dpv:RequestedServiceProvision",
    "embedded_maps": "dpv:RequestedServiceProvision",
    "personalised_content": "dpv:ServicePersonalisation",
    "advertising": "dpv:PersonalisedAdvertising",
    "ad_measurement": "dpv:Advertising",
    "statistics": "dpv:ServiceUsageAnalytics",
}
ANY_DPV_PURPOSE = "dpv:Purpose"

DPV_DATA: Mapping[str, str] = {
    "page_views": "pd:BrowsingBehavior",
    "settings": "pd:Preference",
    "device": "pd:DeviceBased",
    "ip_address": "pd:IPAddress",
    "online_identifier": "pd:Identifier",
    "interests": "pd:Interest",
    "interactions": "pd:Behavioral",
}
ANY_DPV_DATA = "dpv:PersonalData"

DPV_ROLES: Mapping[str, tuple[str, ...]] = {
    Role.CONTROLLER.value: ("dpv:ThirdParty", "dpv:DataController"),
    Role.JOINT_CONTROLLER.value: ("dpv:ThirdParty", "dpv:JointDataControllers"),
    Role.PROCESSOR.value: ("dpv:DataProcessor",),
}

GIVEN, RENEWED = "dpv:ConsentGiven", "dpv:RenewedConsentGiven"
REFUSED, WITHDRAWN = "dpv:ConsentRefused", "dpv:ConsentWithdrawn"

KANTARA_PURPOSES: Mapping[str, str] = {
    "remember_settings": "5 - Personalized Experience",
    "embedded_media": "3 - Delivery",
    "embedded_maps": "3 - Delivery",
    "personalised_content": "5 - Personalized Experience",
    "advertising": "6 - Marketing",
    "ad_measurement": "16 - Improve Performance",
    "statistics": "16 - Improve Performance",
}

KANTARA_DATA: Mapping[str, str] = {
    "page_views": "15 - Behavioural",
    "settings": "16 - Profile",
    "device": "5 - Network/Service",
    "ip_address": "5 - Network/Service",
    "online_identifier": "5 - Network/Service",
    "interests": "16 - Profile",
    "interactions": "15 - Behavioural",
}

_CONTROLS: Mapping[Control, str] = {
    Control.ACCEPT_ALL: "pressed the button that allows everything",
    Control.REFUSE_ALL: "pressed the button that refuses everything",
    Control.SAVE: "set each category and pressed save",
    Control.WITHDRAW_ALL: "pressed the control that withdraws everything",
    Control.EMBED: "pressed the button in the place of blocked content",
}

_LAYERS: Mapping[Layer, str] = {
    Layer.BANNER: "in the banner",
    Layer.DIALOG: "in the choice window",
    Layer.PAGE: "on the preference page",
}


def status_of(event: EventName, *, allowed: bool) -> str:
    """Return the consent status that one answer of an act leads to.

    Who withdraws everything has withdrawn; who says no to a category beside a yes has refused it.
    """
    if allowed:
        return RENEWED if event is EventName.RENEWED else GIVEN
    return WITHDRAWN if event is EventName.WITHDRAWN else REFUSED


def act_in_words(event: ConsentEvent) -> str:
    """Return how a visitor gave the answer."""
    sent = {"Global Privacy Control": event.gpc, "Do Not Track": event.dnt}
    names = " and ".join(name for name, mattered in sent.items() if mattered)
    signal = f", while the browser sent {names}" if names else ""
    test = ", in a test by an inspector" if event.test else ""
    return f"{_CONTROLS[event.control]} {_LAYERS[event.layer]}{signal}{test}"
