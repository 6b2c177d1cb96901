/** Entry of the extension. Starts the server without waiting for it, and puts the parts together. */
import { EventEmitter, type ExtensionContext, window } from 'vscode';
import { chooseData } from './chooseData';
import { followCodeWidth } from './codeWidth';
import { registerCommands } from './commands';
import { provideKeptSources } from './commands/showModel';
import { jobsByRun } from './jobs';
import type { Lens } from './lens';
import { followPython } from './python';
import { startServer } from './server';
import { createStatusBar } from './statusBar';
import { createBackendsView } from './views/backends';
import { showModelsInGutter } from './views/gutter';
import { createJobsView } from './views/jobs';
import { createModelsView } from './views/models';
import { createRunsView } from './views/runs';
import { createPanels } from './webviews/panels';
import { createReportPanels } from './webviews/reportPanel';

export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel('PruneLens', { log: true });
  const server = startServer({ context, log, chooseData });
  let jobs = jobsByRun(new Map(), undefined);
  const lens: Lens = {
    extensionUri: context.extensionUri,
    log,
    server,
    memory: context.workspaceState,
    showHeatmap: (model) => panels.heatmap.show({ model }),
    showArchitecture: (model) => panels.architecture.show({ model }),
    showForm: (model, form) => panels.form.show({ model, form }),
    showCurves: (selection = {}) => panels.curves.show(selection),
    showRuns: (comparison) => panels.runs.show(comparison === undefined ? {} : { comparison }),
    showSurvival: (report) => panels.survival.show({ report }),
    reports: createReportPanels(context.extensionUri),
    refreshBackends: () => backends.fire(),
    jobOf: (run) => jobs.get(run),
    selectedRuns: () => runs.selected(),
  };
  const panels = createPanels(lens);
  const runs = createRunsView(server);
  const python = followPython(server, log);
  const backends = new EventEmitter<void>();
  context.subscriptions.push(
    log,
    ...Object.values(panels),
    server.onStatus((status) => {
      jobs = jobsByRun(jobs, status);
    }),
    provideKeptSources(server),
    ...registerCommands(lens),
    ...createStatusBar(server),
    ...createModelsView(server),
    ...showModelsInGutter(server, context.extensionUri),
    ...runs.disposables,
    ...createJobsView(server),
    python,
    followCodeWidth(server),
    backends,
    ...createBackendsView(server, [python.onChanged, backends.event]),
  );
}
