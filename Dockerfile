# hyai for the CPU. The workspace is mounted at /art, the library where its settings say. Run it with --user, as the owner of both:
# a workspace of another user is refused. Whoever that is has a home here.
FROM python:3.13-slim

RUN useradd --create-home hyai && mkdir /art && chmod 777 /home/hyai /art
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY hyai_tui hyai_tui
COPY themes themes
COPY example-model example-model
RUN pip install --no-cache-dir '.[serve]' && rm -rf /src

USER hyai
WORKDIR /art
ENV COLORTERM=truecolor HOME=/home/hyai
ENTRYPOINT ["hyai"]
