import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { showTheme } from "./theme.ts";

showTheme();

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
