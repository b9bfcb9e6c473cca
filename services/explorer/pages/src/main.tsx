import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { askingClient } from "./data/ask.js";
import { App } from "./frame/app.js";
import "./style/base.css";

const root = document.querySelector("#root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={askingClient()}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
