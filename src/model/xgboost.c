/* SPDX-License-Identifier: Apache-2.0
 *
 * XGBoost's own functions, each of which opens the library when the first of them is called: it
 * takes up 6 MiB from the moment that it is in a process, and a process that serves does without
 * it (model/forest.h). Whoever calls them sees only XGBoost's header. Where there is no such
 * library, each fails, and XGBGetLastError says so.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <xgboost/c_api.h>

#define LIBRARY "libxgboost.so.0"

static void *library;

static void library_open(void)
{
    library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
}

/* NULL: it is not there. */
static void *function_named(const char *name)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, library_open);
    return library == NULL ? NULL : dlsym(library, name);
}

const char *XGBGetLastError(void); /* XGBoost's header does not tell that it takes nothing */
const char *XGBGetLastError(void)
{
    __typeof__(&XGBGetLastError) function = function_named(__func__);
    return function == NULL ? LIBRARY " is not installed" : function();
}

/* `parameters` with their types and `arguments` without, each in brackets of its own. */
#define FUNCTION(name, parameters, arguments)                                                      \
    int name parameters                                                                            \
    {                                                                                              \
        __typeof__(&name) function = function_named(__func__);                                     \
        return function == NULL ? -1 : function arguments;                                         \
    }

FUNCTION(XGDMatrixCreateFromMat,
         (const float *rows, bst_ulong count, bst_ulong width, float missing, DMatrixHandle *out),
         (rows, count, width, missing, out))
FUNCTION(XGDMatrixSetFloatInfo,
         (DMatrixHandle matrix, const char *field, const float *values, bst_ulong count),
         (matrix, field, values, count))
FUNCTION(XGDMatrixFree, (DMatrixHandle matrix), (matrix))
FUNCTION(XGBoosterCreate, (const DMatrixHandle matrices[], bst_ulong count, BoosterHandle *out),
         (matrices, count, out))
FUNCTION(XGBoosterFree, (BoosterHandle booster), (booster))
FUNCTION(XGBoosterSetParam, (BoosterHandle booster, const char *name, const char *value),
         (booster, name, value))
FUNCTION(XGBoosterGetNumFeature, (BoosterHandle booster, bst_ulong *out), (booster, out))
FUNCTION(XGBoosterUpdateOneIter, (BoosterHandle booster, int round, DMatrixHandle matrix),
         (booster, round, matrix))
FUNCTION(XGBoosterPredictFromDMatrix,
         (BoosterHandle booster, DMatrixHandle matrix, const char *config, const bst_ulong **shape,
          bst_ulong *dimensions, const float **out),
         (booster, matrix, config, shape, dimensions, out))
FUNCTION(XGBoosterLoadModelFromBuffer, (BoosterHandle booster, const void *bytes, bst_ulong size),
         (booster, bytes, size))
FUNCTION(XGBoosterSaveModelToBuffer,
         (BoosterHandle booster, const char *config, bst_ulong *size, const char **bytes),
         (booster, config, size, bytes))
