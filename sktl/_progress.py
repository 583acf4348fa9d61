"""Progress of long fits through scikit-learn's callbacks, where its version has them (from 1.9 on).

An estimator whose ``fit`` iterates has the mixin ``ReportsProgress``, decorates ``fit`` by ``with_callbacks`` and takes
its steps from :func:`reported`. Callbacks are not handed on to the estimators fitted inside a step.
"""

from joblib import Parallel

try:
    from sklearn.callback import CallbackSupportMixin as ReportsProgress
    from sklearn.callback import with_callbacks
except ImportError:  # an older scikit-learn: estimators have no set_callbacks, and fits tell nothing

    class ReportsProgress:
        """Stand-in that offers nothing."""

    def with_callbacks(method):
        """Leave a method as it is."""
        return method


__all__ = ["ReportsProgress", "as_they_come", "reported", "with_callbacks"]


def as_they_come(jobs, n_jobs=None):
    """Results of joblib's delayed ``jobs``, in order and as they come; at the end under a backend that can't.

    joblib's own, not scikit-learn's, whose jobs set the process's warning filters from every thread.
    """
    try:
        parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    except ValueError:  # "multiprocessing"
        parallel = Parallel(n_jobs=n_jobs)
    return iter(parallel(jobs))


def reported(estimator, steps, max_steps, name):
    """List what the iterator ``steps`` yields, telling callbacks of each; one that asks for it ends the steps."""
    if not hasattr(estimator, "_init_callback_context"):
        return list(steps)
    whole = estimator._init_callback_context(max_subtasks=max_steps)
    whole.call_on_fit_task_begin(estimator=estimator)
    done, end = [], object()
    for _ in range(max_steps):
        task = whole.subcontext(task_name=name).call_on_fit_task_begin(estimator=estimator)
        item = next(steps, end)
        stop = task.call_on_fit_task_end(estimator=estimator)
        done += [] if item is end else [item]
        if stop or item is end:
            break
    whole.call_on_fit_task_end(estimator=estimator)
    return done
