# hyai for the CPU. The workspace is mounted at /art, the library where its settings say.
FROM python:3.13-slim

RUN useradd --create-home hyai && mkdir /art && chown hyai /art
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY hyai_tui hyai_tui
COPY themes themes
COPY example-model example-model
RUN pip install --no-cache-dir '.[serve]' && rm -rf /src

USER hyai
WORKDIR /art
ENV COLORTERM=truecolor
ENTRYPOINT ["hyai"]
