"""Progress of long fits through scikit-learn's callbacks, where its version has them (from 1.9 on)."""

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # an older scikit-learn: estimators have no set_callbacks, and fits tell nothing

    class CallbackSupportMixin:
        """Stand-in that offers nothing."""

    def with_callbacks(method):
        """Leave a method as it is."""
        return method


__all__ = ["ReportsProgress", "with_callbacks"]


class ReportsProgress(CallbackSupportMixin):
    """Mixin of estimators whose ``fit``, decorated by ``with_callbacks``, iterates.

    Each step is a task without subtasks: callbacks are not handed on to the estimators fitted inside it.
    """

    def _reported(self, steps, max_steps, name):
        """List what the iterator ``steps`` yields, telling callbacks of each; one that asks for it ends the steps."""
        if not hasattr(self, "_init_callback_context"):
            return list(steps)
        whole = self._init_callback_context(max_subtasks=max_steps)
        whole.call_on_fit_task_begin(estimator=self)
        done, end = [], object()
        for _ in range(max_steps):
            task = whole.subcontext(task_name=name).call_on_fit_task_begin(estimator=self)
            item = next(steps, end)
            stop = task.call_on_fit_task_end(estimator=self)
            done += [] if item is end else [item]
            if stop or item is end:
                break
        whole.call_on_fit_task_end(estimator=self)
        return done
