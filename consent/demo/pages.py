"""The website of the study programme: its pages, its contact form and its security headers."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from consent.content_security import policy_headers
from consent.demo.contact import (
    EMAIL_LENGTH,
    MESSAGE_LENGTH,
    NAME_LENGTH,
    TOPICS,
    Enquiry,
    faults_in,
    read_enquiry,
)

CONTACT_COOKIE = "contact_form"
THANKS_SECONDS = 600
LARGEST_BODY = 64 * 1024

ERROR_TEXTS: Mapping[int, tuple[str, str]] = {
    404: ("Page not found", "There is no page at this address. It may have moved."),
    405: ("That does not work here", "This address cannot be used in that way."),
    413: ("Too much text", "The form was larger than we accept. Nothing was sent or kept."),
    500: ("Something went wrong", "The page could not be made. Please try again."),
}


Policies = Callable[[], Mapping[str, Any]]


def create_website(tracker_origin: str, assets: Path, policies: Policies) -> Flask:
    """Return the website, whose pages may load what their visitor allows and nothing else.

    `policies` gives the policies that the consent service publishes, one for each choice.
    """
    app = Flask(
        __name__,
        template_folder=str(assets / "templates"),
        static_folder=str(assets / "static"),
    )
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # A key of this process only: a restart forgets whom to thank, and that is all it forgets.
    thanks = URLSafeTimedSerializer(secrets.token_bytes(32), salt="contact-form-thanks")

    @app.context_processor
    def common() -> dict[str, object]:
        g.nonce = secrets.token_urlsafe(16)
        return {"nonce": g.nonce, "tracker": tracker_origin}

    @app.after_request
    def secure(response: Response) -> Response:
        headers = response.headers
        # The nonce is for the one inline tag of a page.
        cookie = request.headers.get("Cookie")
        headers.extend(policy_headers(policies(), cookie, nonce=g.get("nonce")))
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if response.mimetype == "text/html":
            headers["Cache-Control"] = "no-store"  # each page carries a nonce that is used once
        return response

    @app.errorhandler(HTTPException)
    def explain(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
            return error.get_response()
        heading, text = ERROR_TEXTS.get(error.code, (error.name, error.description or ""))
        page = render_template("error.html", code=error.code, heading=heading, text=text)
        response = make_response(page, error.code)
        for name, value in error.get_headers():
            if name == "Allow":
                response.headers[name] = value
        return response

    add_pages(app)
    add_contact_form(app, thanks)
    return app


def add_pages(app: Flask) -> None:
    @app.get("/")
    def home() -> str:
        return render_template("home.html")

    @app.get("/programme")
    def programme() -> str:
        return render_template("programme.html")

    @app.get("/admissions")
    def admissions() -> str:
        return render_template("admissions.html")

    @app.get("/visit")
    def visit() -> str:
        return render_template("visit.html")

    @app.get("/privacy")
    def privacy() -> str:
        return render_template("privacy.html")

    @app.get("/nl/")
    def dutch_summary() -> str:
        return render_template("nl.html")


def add_contact_form(app: Flask, thanks: URLSafeTimedSerializer) -> None:
    def form_page(enquiry: Enquiry, faults: Mapping[str, str]) -> str:
        return render_template(
            "contact.html",
            enquiry=enquiry,
            faults=faults,
            topics=TOPICS,
            longest={"name": NAME_LENGTH, "email": EMAIL_LENGTH, "message": MESSAGE_LENGTH},
        )

    @app.get("/contact")
    def contact() -> str:
        return form_page(Enquiry(topic=request.args.get("topic", "")), {})

    @app.post("/contact")
    def send() -> ResponseReturnValue:
        enquiry = read_enquiry(request.form)
        faults = faults_in(enquiry)
        if faults:
            return form_page(enquiry, faults), HTTPStatus.UNPROCESSABLE_ENTITY
        response = redirect("/contact/thanks", HTTPStatus.SEE_OTHER)
        response.set_cookie(
            CONTACT_COOKIE, thanks.dumps(enquiry.name), path="/", httponly=True, samesite="Lax"
        )
        return response

    @app.get("/contact/thanks")
    def thank() -> ResponseReturnValue:
        page = render_template("thanks.html", name=thanked_name(thanks, request.cookies))
        response = make_response(page)
        if CONTACT_COOKIE in request.cookies:
            response.delete_cookie(CONTACT_COOKIE, path="/", httponly=True, samesite="Lax")
        return response


def thanked_name(thanks: URLSafeTimedSerializer, cookies: Mapping[str, str]) -> str:
    """Return the name in the cookie of a form sent just now; empty when there is none."""
    try:
        return str(thanks.loads(cookies.get(CONTACT_COOKIE, ""), max_age=THANKS_SECONDS))
    except BadData:
        return ""
