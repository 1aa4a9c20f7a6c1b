#include "scan/ct_logs.h"

#include "base/file.h"
#include "gen/wire_types.h"

static void add_logs(const struct ct_log_list *list, struct sct_log *logs,
		     size_t *len)
{
	for (size_t i = 0; i < list->len && *len < SCT_LOGS_MAX; i++)
		logs[(*len)++] = (struct sct_log){ list->items[i].key,
						   list->items[i].description };
}

bool ct_logs_read(const char *path, struct sct_logs **ret, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct ct_log_document list = { 0 };
	struct sct_log *logs;
	size_t bytes = 0, len = 0;
	char *text = NULL;

	*ret = NULL;
	if (!path || !*path)
		return true;
	if (!file_read(path, CT_LOGS_BYTES_MAX, &a, &text, &bytes, err) ||
	    !codec_read(&ct_log_document_type, text, bytes, "list", &a, &list,
			NULL, err))
		return err_wrap(err, "CT_LOG_LIST");
	logs = arena_array(&a, SCT_LOGS_MAX, sizeof(*logs));
	for (size_t i = 0; i < list.operators.len; i++) {
		add_logs(&list.operators.items[i].logs, logs, &len);
		add_logs(&list.operators.items[i].tiled_logs, logs, &len);
	}
	return sct_logs_open(logs, len, ret, err) ||
	       err_wrap(err, "CT_LOG_LIST %s", path);
}
