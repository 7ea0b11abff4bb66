"""The app in a browser: a server that starts one app a tab and lets in nobody without the token."""
