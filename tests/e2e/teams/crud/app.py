"""Articles behind a login, in Postgres. `python app.py` makes the tables and the users."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import bcrypt
import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, create_engine, func, make_url, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

SECRET = os.environ["JWT_SECRET"]
ALGORITHM = "HS256"
USERS = 20

url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg")
engine = create_engine(url, pool_size=10, max_overflow=5, pool_pre_ping=True)
app = FastAPI(title="articles")


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password: Mapped[bytes]


class Article(Base):
    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"), index=True)
    title: Mapped[str]
    text: Mapped[str]
    changed: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class Credentials(BaseModel):
    email: str
    password: str


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"


class ArticleIn(BaseModel):
    title: str
    text: str


class ArticleOut(ArticleIn):
    model_config = ConfigDict(from_attributes=True)

    id: int
    author_id: int


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def get_user_id(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> int:
    try:
        claims = jwt.decode(credentials.credentials, SECRET, algorithms=[ALGORITHM])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "log in again") from error
    return int(claims["sub"])


Database = Annotated[Session, Depends(get_session)]
UserId = Annotated[int, Depends(get_user_id)]


def get_own_article(article_id: int, session: Database, user_id: UserId) -> Article:
    article = session.get(Article, article_id)
    if article is None or article.author_id != user_id:
        raise HTTPException(404, "no such article of yours")
    return article


OwnArticle = Annotated[Article, Depends(get_own_article)]


@app.post("/login")
def login(given: Credentials, session: Database) -> Token:
    user = session.scalar(select(User).where(User.email == given.email))
    if user is None or not bcrypt.checkpw(given.password.encode(), user.password):
        raise HTTPException(401, "wrong email or password")
    claims = {"sub": str(user.id), "exp": datetime.now(UTC) + timedelta(hours=1)}
    return Token(access_token=jwt.encode(claims, SECRET, algorithm=ALGORITHM))


@app.post("/articles", status_code=201, response_model=ArticleOut)
def create(given: ArticleIn, session: Database, user_id: UserId) -> Article:
    article = Article(author_id=user_id, **given.model_dump())
    session.add(article)
    session.commit()
    return article


@app.get("/articles", response_model=list[ArticleOut])
def latest(session: Database, user_id: UserId, limit: int = 10) -> Sequence[Article]:
    own = select(Article).where(Article.author_id == user_id)
    return session.scalars(own.order_by(Article.id.desc()).limit(limit)).all()


@app.get("/articles/{article_id}", response_model=ArticleOut)
def read(article: OwnArticle) -> Article:
    return article


@app.put("/articles/{article_id}", response_model=ArticleOut)
def update(given: ArticleIn, article: OwnArticle, session: Database) -> Article:
    article.title, article.text = given.title, given.text
    session.commit()
    return article


@app.delete("/articles/{article_id}", status_code=204)
def delete(article: OwnArticle, session: Database) -> None:
    session.delete(article)
    session.commit()


@app.get("/healthz")
def healthz(session: Database) -> dict[str, str]:
    session.execute(select(1))
    return {"status": "ok"}


def prepare() -> None:
    """Make tables and users; production's hashes cost 12 rounds, those of a load test less."""
    Base.metadata.create_all(engine)
    rounds = int(os.environ.get("BCRYPT_ROUNDS", "12"))
    with Session(engine) as session:
        for number in range(1, USERS + 1):
            password = bcrypt.hashpw(f"password-{number}".encode(), bcrypt.gensalt(rounds))
            session.add(User(email=f"user{number}@example.org", password=password))
        session.commit()


if __name__ == "__main__":
    prepare()
